# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
import os
from pathlib import Path

from spack_repo.builtin.build_systems.cmake import CMakePackage, generator

from spack.package import *


class ProxystoreCpp(CMakePackage):
    """Object proxies for C++ and MPI: small values that stand for large objects, which stay in
    the ranks' own memory, in files, HDF5 files or Redis until somebody uses them."""

    # The checkout that this recipe lies in. A site that keeps the recipe elsewhere says where
    # the sources are with "packages:proxystore-cpp:package_attributes:git".
    git = "file://" + str(Path(__file__).resolve().parents[5])

    test_requires_compiler = True

    license("MIT")

    version("main", branch="main")

    variant("mpi", default=True, description="Stores in the ranks' memory, proxies in messages")
    variant("redis", default=True, description="Objects in a Redis server")
    variant("hdf5", default=True, description="Objects in HDF5 files")
    variant("kokkos", default=False, description="Kokkos views as objects")
    variant("tools", default=True, description="Install the program proxystore")
    variant("examples", default=False, description="Install the example program relief")
    variant("tests", default=False, description="Build the tests, for spack install --test=root")
    variant("shared", default=True, description="Build a shared library")

    generator("ninja")

    depends_on("c", type="build")
    depends_on("cxx", type="build")
    depends_on("cmake@3.23:", type="build")
    depends_on("pkgconfig", type="build")

    # Each lower bound is that of the CMake files; the test spack.recipe compares them.
    depends_on("cereal@1.3.1:", type=("build", "link"))  # in public headers
    depends_on("tomlplusplus@3.0:")
    depends_on("spdlog@1.10:")
    depends_on("xxhash@0.8:")
    depends_on("mpi@3.0:", when="+mpi")
    depends_on("hiredis@0.14:", when="+redis")
    depends_on("hdf5@1.10:+hl", when="+hdf5")
    depends_on("kokkos@3.4:+serial", when="+kokkos")
    depends_on("cli11@2.1:", when="+tools")
    depends_on("nlohmann-json@3.9:", when="+tools")
    depends_on("libpng@1.6:", when="+examples")
    depends_on("cli11@2.1:", when="+examples")
    depends_on("googletest@1.12:+gmock", type="build", when="+tests")

    requires("+mpi+hdf5+kokkos", when="+examples", msg="relief uses MPI, HDF5 and Kokkos")
    conflicts("%gcc@:10", msg="C++20 is needed")
    conflicts("%clang@:13", msg="C++20 is needed")

    sanity_check_is_file = [
        join_path("include", "proxystore", "proxystore.hpp"),
        join_path("include", "proxystore", "version.hpp"),
    ]
    sanity_check_is_dir = [join_path("share", "proxystore", "conformance")]

    @property
    def libs(self):
        return find_libraries(
            "libproxystore", self.prefix, shared=self.spec.satisfies("+shared"), recursive=True
        )

    def cmake_args(self):
        return [
            self.define_from_variant("PROXYSTORE_ENABLE_MPI", "mpi"),
            self.define_from_variant("PROXYSTORE_ENABLE_REDIS", "redis"),
            self.define_from_variant("PROXYSTORE_ENABLE_HDF5", "hdf5"),
            self.define_from_variant("PROXYSTORE_ENABLE_KOKKOS", "kokkos"),
            self.define_from_variant("PROXYSTORE_BUILD_TOOLS", "tools"),
            self.define_from_variant("PROXYSTORE_BUILD_EXAMPLES", "examples"),
            self.define_from_variant("PROXYSTORE_BUILD_TESTS", "tests"),
            self.define_from_variant("BUILD_SHARED_LIBS", "shared"),
            self.define("PROXYSTORE_BUILD_BENCHMARKS", False),
            self.define("PROXYSTORE_BUILD_DOCS", False),
        ]

    def check(self):
        """The tests of one process. Those of ranks, servers and Python want a machine."""
        if self.spec.satisfies("+tests"):
            with working_dir(self.build_directory):
                ctest = Executable(self.spec["cmake"].prefix.bin.ctest)
                ctest("-L", "unit", "-LE", "full", "--output-on-failure")

    @run_after("install")
    def cache_test_sources(self):
        """The program of somebody else that the stand-alone tests build."""
        cache_extra_test_sources(self, join_path("tests", "package", "consumer"))

    def _build_consumer(self, target):
        """Builds one program of tests/package/consumer with CMake; returns it."""
        cmake = which(self.spec["cmake"].prefix.bin.cmake)
        if cmake is None:
            raise SkipTest("the CMake that built this package is not here any more")
        found_in = [str(dep.prefix) for dep in self.spec.traverse(deptype=("link", "run"))]
        with working_dir(self.test_suite.current_test_cache_dir.tests.package.consumer):
            cmake(
                "-S",
                ".",
                "-B",
                "build",
                "-G",
                "Ninja",
                self.define("CMAKE_MAKE_PROGRAM", self.spec["ninja"].prefix.bin.ninja),
                self.define("CMAKE_PREFIX_PATH", found_in),
                self.define("CMAKE_C_COMPILER", self.compiler.cc),
                self.define("CMAKE_CXX_COMPILER", self.compiler.cxx),
                self.define_from_variant("with_mpi", "mpi"),
            )
            cmake("--build", "build", "--target", target)
            return Executable(os.path.abspath(join_path("build", target)))

    def test_consumer(self):
        """build and run a program against the installed library"""
        self._build_consumer("consumer")()

    def test_ranks(self):
        """build a program of MPI against the installed library and run it with 2 ranks"""
        if self.spec.satisfies("~mpi"):
            raise SkipTest("built without MPI")
        self._build_consumer("ranks")
        mpirun = which("mpirun", "mpiexec", path=self.spec["mpi"].prefix.bin)
        if mpirun is None:
            raise SkipTest("this MPI has no mpirun or mpiexec")
        mpirun("-n", "2", "true", fail_on_error=False)
        if mpirun.returncode != 0:
            raise SkipTest(f"{mpirun.name} starts nothing here: a batch job, or another user, may")
        with working_dir(self.test_suite.current_test_cache_dir.tests.package.consumer):
            ranks = join_path("build", "ranks")
            said = mpirun("-n", "2", ranks, output=str.split, error=str.split)
        check_outputs("2 ranks have the object", said)
