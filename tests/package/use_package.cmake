# Builds and runs tests/package/consumer against the library as `kind` says: installed as a shared or a
# static library under a prefix that is moved afterwards, or as a sub-directory.
include(${CMAKE_CURRENT_LIST_DIR}/installed.cmake)
set(jobs 2)
file(REMOVE_RECURSE ${work})
file(MAKE_DIRECTORY ${work})

set(common -G ${generator} -D CMAKE_CXX_COMPILER=${compiler}
           -D CMAKE_CXX_COMPILER_LAUNCHER=${launcher} -D CMAKE_BUILD_TYPE=Release)
set(options -D PROXYSTORE_ENABLE_MPI=${mpi} -D PROXYSTORE_ENABLE_KOKKOS=${kokkos}
            -D PROXYSTORE_ENABLE_HDF5=OFF)

if(kind STREQUAL "subdirectory")
  run(${CMAKE_COMMAND} -S ${source}/tests/package/consumer -B ${work}/consumer ${common} ${options}
      -D proxystore_source=${source})
else()
  set(shared ON)
  if(kind STREQUAL "static")
    set(shared OFF)
  endif()
  run(${CMAKE_COMMAND} -S ${source} -B ${work}/library ${common} ${options}
      -D BUILD_SHARED_LIBS=${shared} -D PROXYSTORE_BUILD_TESTS=OFF -D PROXYSTORE_BUILD_EXAMPLES=OFF
      -D PROXYSTORE_BUILD_BENCHMARKS=OFF -D PROXYSTORE_BUILD_TOOLS=OFF)
  run(${CMAKE_COMMAND} --build ${work}/library -j ${jobs})
  run(${CMAKE_COMMAND} --install ${work}/library --prefix ${work}/installed)
  file(RENAME ${work}/installed ${work}/prefix)
  check_installed(${work}/prefix)
  run(${CMAKE_COMMAND} -S ${source}/tests/package/consumer -B ${work}/consumer ${common}
      -D CMAKE_PREFIX_PATH=${work}/prefix -D with_mpi=${mpi}
      -D conformance=${work}/prefix/share/proxystore)
endif()
run(${CMAKE_COMMAND} --build ${work}/consumer -j ${jobs})
run(${work}/consumer/consumer)
if(EXISTS ${work}/consumer/own_connector)
  run(${work}/consumer/own_connector --gtest_brief=1)
endif()
if(kind STREQUAL "static")
  compile(${source}/tests/package/consumer/consumer.cpp ${work}/by_hand ${work}/prefix --static)
  run(${work}/by_hand)
endif()
file(REMOVE_RECURSE ${work})
