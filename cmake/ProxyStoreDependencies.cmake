# The packages that the enabled parts need. The recipe in spack/ asks for the same versions: the test spack.recipe compares them.
include(ProxyStoreRequire)

find_package(Threads REQUIRED)
proxystore_require(cereal 1.3.1 CONFIG DEBIAN libcereal-dev SPACK cereal) # the first that tells its version
proxystore_require(tomlplusplus 3.0 CONFIG DEBIAN libtomlplusplus-dev SPACK tomlplusplus)
proxystore_require(spdlog 1.10 CONFIG DEBIAN libspdlog-dev SPACK spdlog)
proxystore_require(xxHash 0.8 DEBIAN libxxhash-dev SPACK xxhash) # the first whose XXH3 is final

if(PROXYSTORE_ENABLE_MPI)
  set(MPI_CXX_SKIP_MPICXX ON)
  proxystore_require(MPI 3.0 COMPONENTS C DEBIAN libopenmpi-dev SPACK "openmpi or mpich" WITHOUT PROXYSTORE_ENABLE_MPI)
endif()
if(PROXYSTORE_ENABLE_REDIS)
  proxystore_require(Hiredis 0.14 DEBIAN libhiredis-dev SPACK hiredis WITHOUT PROXYSTORE_ENABLE_REDIS)
endif()
if(PROXYSTORE_ENABLE_HDF5)
  set(HDF5_PREFER_PARALLEL ON)
  proxystore_require(HDF5 1.10 COMPONENTS C HL DEBIAN "libhdf5-openmpi-dev or libhdf5-dev" SPACK hdf5+hl
                     WITHOUT PROXYSTORE_ENABLE_HDF5)
endif()
if(PROXYSTORE_ENABLE_KOKKOS)
  proxystore_require(Kokkos 3.4 CONFIG DEBIAN libtrilinos-kokkos-dev SPACK kokkos+serial WITHOUT PROXYSTORE_ENABLE_KOKKOS)
  include(RepairKokkos)
endif()
