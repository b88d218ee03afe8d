# What is built. Every option is ON or OFF and nothing is found by chance: with ON a missing package is
# an error, with OFF a present one is not looked at.
include(FeatureSummary)

option(PROXYSTORE_ENABLE_MPI "Proxies in MPI messages (needs MPI)" ON)
option(PROXYSTORE_ENABLE_HDF5 "Objects in HDF5 files, and the example that reads some (needs HDF5)" ON)
option(PROXYSTORE_ENABLE_KOKKOS "Proxies and Kokkos views (needs Kokkos 3.4 or later)" ON)
option(PROXYSTORE_ENABLE_REDIS "Objects in a Redis server (needs hiredis 0.14 or later)" ON)
option(BUILD_SHARED_LIBS "Build a shared library" ON)

option(PROXYSTORE_BUILD_TESTS "Build the tests (needs GoogleTest)" ${PROJECT_IS_TOP_LEVEL})
option(PROXYSTORE_BUILD_EXAMPLES "Build the examples" ${PROJECT_IS_TOP_LEVEL})
option(PROXYSTORE_BUILD_BENCHMARKS "Build the benchmarks" ${PROJECT_IS_TOP_LEVEL})
option(PROXYSTORE_BUILD_TOOLS "Build the program proxystore (needs CLI11 and nlohmann-json)" ${PROJECT_IS_TOP_LEVEL})
option(PROXYSTORE_PRECOMPILE_TESTS "Compile the headers that all tests include once, which hides missing includes" OFF)
option(PROXYSTORE_BUILD_DOCS "Let the target docs build the documentation (needs doxygen and Python)" OFF)
option(PROXYSTORE_CHECK_INDICES "Let Array's operator() check its indices in all programs that link the library" OFF)
option(PROXYSTORE_WARNINGS_AS_ERRORS "Let a compiler warning fail the build" OFF)
set(PROXYSTORE_SANITIZE
    ""
    CACHE STRING "Sanitizers for everything, such as address,undefined or thread")

foreach(feature MPI HDF5 KOKKOS REDIS)
  get_property(purpose CACHE PROXYSTORE_ENABLE_${feature} PROPERTY HELPSTRING)
  add_feature_info(${feature} PROXYSTORE_ENABLE_${feature} "${purpose}")
endforeach()

set(CMAKE_CXX_EXTENSIONS OFF)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE
      RelWithDebInfo
      CACHE STRING "Build type" FORCE)
endif()

if(PROXYSTORE_SANITIZE)
  add_compile_options(-fsanitize=${PROXYSTORE_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PROXYSTORE_SANITIZE})
endif()
