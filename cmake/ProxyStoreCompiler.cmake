# A compiler, or its standard library, that is too old is told here and not by pages of errors.
if(NOT PROXYSTORE_COMPILES_CXX20)
  unset(PROXYSTORE_COMPILES_CXX20 CACHE)
  try_compile(
    PROXYSTORE_COMPILES_CXX20 ${PROJECT_BINARY_DIR}/cxx20
    SOURCES ${CMAKE_CURRENT_LIST_DIR}/cxx20.cpp
    CXX_STANDARD 20
    CXX_STANDARD_REQUIRED ON
    CXX_EXTENSIONS OFF
    OUTPUT_VARIABLE _cxx20_output)
  if(NOT PROXYSTORE_COMPILES_CXX20)
    message(
      FATAL_ERROR
        "ProxyStore needs C++20, and ${CMAKE_CXX_COMPILER} (${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}) with its "
        "standard library lacks some of it; g++ 12 and clang 14 are tested.\n"
        "  Debian, Ubuntu: g++-12\n  Spack: gcc@12:\n  another compiler: -DCMAKE_CXX_COMPILER=<its path>, in an empty build folder\n"
        "The compiler said:\n${_cxx20_output}")
  endif()
endif()
