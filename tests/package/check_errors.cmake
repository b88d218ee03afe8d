# What CMake says where something is missing or too old: what that is, who has it, and what does without it.
file(REMOVE_RECURSE ${work})
file(MAKE_DIRECTORY ${work}/old/include)

# expect(<regular expression> <argument of cmake>...)
function(expect expression)
  execute_process(
    COMMAND ${CMAKE_COMMAND} -S ${source} -B ${work}/build -G ${generator} -D PROXYSTORE_ENABLE_MPI=OFF -D PROXYSTORE_ENABLE_HDF5=OFF
            -D PROXYSTORE_ENABLE_KOKKOS=OFF ${ARGN}
    RESULT_VARIABLE failed OUTPUT_VARIABLE said ERROR_VARIABLE said)
  string(REGEX REPLACE "[ \n]+" " " said "${said}")
  if(NOT failed OR NOT said MATCHES "${expression}")
    message(FATAL_ERROR "cmake ${ARGN} gave ${failed} and did not say \"${expression}\":\n${said}")
  endif()
endfunction()

expect("needs Hiredis 0.14 or later, which was not found. .* libhiredis-dev Spack: hiredis .* -DPROXYSTORE_ENABLE_REDIS=OFF"
       -D CMAKE_CXX_COMPILER=${compiler} -D CMAKE_DISABLE_FIND_PACKAGE_Hiredis=ON)

file(WRITE ${work}/old/include/xxhash.h
     "#define XXH_VERSION_MAJOR 0\n#define XXH_VERSION_MINOR 7\n#define XXH_VERSION_RELEASE 4\n")
expect("needs xxHash 0.8 or later, but found 0.7.4. Debian, Ubuntu: libxxhash-dev" -D CMAKE_DISABLE_FIND_PACKAGE_PkgConfig=ON
       -D xxHash_INCLUDE_DIR=${work}/old/include)
file(REMOVE_RECURSE ${work}/build)

# A compiler that knows C++17 and no more.
file(WRITE ${work}/old/c++ "#!/bin/sh\nexec ${compiler} \"$@\" -std=c++17\n")
file(CHMOD ${work}/old/c++ PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
expect("needs C\\+\\+20, and ${work}/old/c\\+\\+ .*g\\+\\+ 12 and clang 14 are tested.*The compiler said" -D
       CMAKE_CXX_COMPILER=${work}/old/c++)
file(REMOVE_RECURSE ${work})
