# SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
# SPDX-License-Identifier: MIT
"""The Spack recipe says what CMake says: each option a variant, each package with the same lower bound.

check_recipe.py <source tree> [<recipe>]
"""
import ast
import re
import sys
from pathlib import Path

# Packages that have another name in Spack.
NAMES = {"GTest": "googletest", "MPI": "mpi", "Hiredis": "hiredis", "HDF5": "hdf5", "Kokkos": "kokkos",
         "xxHash": "xxhash", "PNG": "libpng", "CLI11": "cli11", "nlohmann_json": "nlohmann-json"}
# Options for those who work on the library, or look for a mistake in a program.
NO_VARIANT = {"PROXYSTORE_CHECK_INDICES", "PROXYSTORE_PRECOMPILE_TESTS", "PROXYSTORE_WARNINGS_AS_ERRORS"}
# What a build needs that no find_package asks for.
NOT_FOUND = {"c", "cxx", "cmake", "pkgconfig"}


def calls(tree, name):
    """The arguments of each call of a function or method: (positional constants, keywords)."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
        if called == name:
            keywords = {k.arg: k.value.value for k in node.keywords if isinstance(k.value, ast.Constant)}
            yield [a.value for a in node.args if isinstance(a, ast.Constant)], keywords


def cmake_packages(root):
    """{package in Spack: {(lower bound, the option that does without it or None)}}, from all CMake files."""
    found = {}
    files = [root / "CMakeLists.txt", *sorted(root.glob("cmake/*.cmake")), *sorted(root.glob("examples/**/CMakeLists.txt")),
             *sorted(root.glob("tools/**/CMakeLists.txt"))]
    for file in files:
        for name, version, rest in re.findall(r"^ *proxystore_require\((\w+) ([\d.]+)([^)]*)\)", file.read_text(), re.M):
            without = re.search(r"WITHOUT (\w+)", rest)
            found.setdefault(NAMES.get(name, name), set()).add((version, without and without[1]))
    return found


def check(root, recipe):
    complaints = []
    tree = ast.parse(recipe.read_text())
    options = set(re.findall(r"^option\((\w+)", (root / "cmake/ProxyStoreOptions.cmake").read_text(), re.M))
    variants = {args[0] for args, _ in calls(tree, "variant")}
    mapped = dict(args[:2] for args, _ in calls(tree, "define_from_variant") if args[0] in options or args[0].isupper())
    fixed = {args[0] for args, _ in calls(tree, "define")}

    for option in sorted(options - set(mapped) - fixed - NO_VARIANT):
        complaints.append(f"the option {option} has no variant and no fixed value")
    for option in sorted(set(mapped) - options):
        complaints.append(f"{option} is no option of cmake/ProxyStoreOptions.cmake")
    for variant in sorted(variants ^ set(mapped.values())):
        complaints.append(f"the variant {variant} is not both declared and passed on to CMake")

    wanted = cmake_packages(root)
    asked = {}
    for args, keywords in calls(tree, "depends_on"):
        name, _, version = re.match(r"([\w-]+)(@([\d.]+):)?", args[0]).groups()
        asked.setdefault(name, set()).add((version, keywords.get("when")))
    for name in sorted(set(wanted) ^ (set(asked) - NOT_FOUND)):
        complaints.append(f"{name} is asked for by {'CMake' if name in wanted else 'the recipe'} alone")
    for name in sorted(set(wanted) & set(asked)):
        by_cmake = {(version, f"+{mapped.get(option)}" if option else None) for version, option in wanted[name]}
        if by_cmake != asked[name]:
            both = [", ".join(f"{version} when {when}" for version, when in sorted(each, key=str)) for each in (by_cmake, asked[name])]
            complaints.append(f"{name}: CMake wants {both[0]}, the recipe {both[1]}")

    cmake = re.search(r"cmake_minimum_required\(VERSION ([\d.]+)\)", (root / "CMakeLists.txt").read_text())[1]
    if asked["cmake"] != {(cmake, None)}:
        complaints.append(f"cmake: CMakeLists.txt wants {cmake}, the recipe {asked['cmake']}")
    for name, version in re.findall(r"find_dependency\((\w+) ([\d.]+)", (root / "cmake/ProxyStoreConfig.cmake.in").read_text()):
        if version not in {bound for bound, _ in wanted[NAMES.get(name, name)]}:
            complaints.append(f"{name}: ProxyStoreConfig.cmake.in wants {version}")
    return complaints, len(variants), len(wanted)


def main():
    root = Path(sys.argv[1])
    recipe = root / "spack/spack_repo/proxystore/packages/proxystore_cpp/package.py"
    if len(sys.argv) > 2:
        recipe = Path(sys.argv[2])
    complaints, variants, packages = check(root, recipe)
    for complaint in complaints:
        print(complaint)
    print(f"{variants} variants, {packages} packages, {len(complaints)} complaints")
    return 1 if complaints else 0


sys.exit(main())
