# Installs the build as it is, and builds and runs the tests against that alone.
include(${CMAKE_CURRENT_LIST_DIR}/installed.cmake)
file(REMOVE_RECURSE ${work})
foreach(component runtime development)
  run(${CMAKE_COMMAND} --install ${build} --component ${component} --prefix ${work}/prefix)
endforeach()
run(${CMAKE_COMMAND} -S ${source}/tests -B ${work}/tests -G ${generator} -D CMAKE_CXX_COMPILER=${compiler}
    -D CMAKE_CXX_COMPILER_LAUNCHER=${launcher} -D CMAKE_PREFIX_PATH=${work}/prefix)
run(${CMAKE_COMMAND} --build ${work}/tests -j 2)
run(${ctest} --test-dir ${work}/tests --output-on-failure -LE full)
if(NOT said MATCHES "100% tests passed, 0 tests failed out of [3-9][0-9]")
  message(FATAL_ERROR "not all tests ran:\n${said}")
endif()
file(REMOVE_RECURSE ${work})
