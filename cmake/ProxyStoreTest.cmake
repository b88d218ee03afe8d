# Helpers that register tests. ctest names are `<room>.<subject>`, with `.np<k>` for k MPI ranks.
include(GoogleTest)

# The headers of most tests, compiled once for all of them.
if(PROXYSTORE_PRECOMPILE_TESTS)
  add_library(proxystore_test_headers OBJECT ${PROJECT_SOURCE_DIR}/tests/precompiled.cpp)
  target_link_libraries(proxystore_test_headers PRIVATE ProxyStore::proxystore proxystore_warnings GTest::gmock)
  target_precompile_headers(proxystore_test_headers PRIVATE <gmock/gmock.h> <proxystore/proxystore.hpp>)
endif()

# proxystore_precompile(<target>): a test that is compiled faster, if wanted.
function(proxystore_precompile target)
  if(PROXYSTORE_PRECOMPILE_TESTS)
    target_precompile_headers(${target} REUSE_FROM proxystore_test_headers)
  endif()
endfunction()

# proxystore_add_test(<name> SOURCES <file>... [LIBRARIES <target>...] [LABELS <label>...]
#                     [TIMEOUT <seconds>] [OWN_MAIN])
# One GoogleTest program, registered as one ctest test.
function(proxystore_add_test name)
  cmake_parse_arguments(ARG "OWN_MAIN" "TIMEOUT" "SOURCES;LIBRARIES;LABELS" ${ARGN})
  string(REPLACE "." "_" target test_${name})
  add_executable(${target} ${ARG_SOURCES})
  target_link_libraries(${target} PRIVATE ProxyStore::proxystore proxystore_warnings GTest::gmock
                                          ${ARG_LIBRARIES})
  proxystore_precompile(${target})
  if(NOT ARG_OWN_MAIN)
    target_link_libraries(${target} PRIVATE GTest::gmock_main)
  endif()
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_test(NAME ${name} COMMAND ${target} --gtest_brief=1)
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT})
endfunction()

# How MPI programs are started by tests: more ranks than cores are fine, and root may. Of Open MPI that has
# to be asked for; others allow it.
set(mpiexec_flags "")
set(PROXYSTORE_MPI_IS_OPEN FALSE)
if(MPIEXEC_EXECUTABLE)
  execute_process(COMMAND ${MPIEXEC_EXECUTABLE} --version OUTPUT_VARIABLE mpiexec_version ERROR_QUIET)
  if(mpiexec_version MATCHES "Open MPI|OpenRTE")
    set(PROXYSTORE_MPI_IS_OPEN TRUE)
    set(mpiexec_flags --oversubscribe --allow-run-as-root --bind-to none --mca mpi_yield_when_idle 1 --mca
                      btl_base_warn_component_unused 0)
  endif()
endif()
set(PROXYSTORE_MPIEXEC_FLAGS
    ${mpiexec_flags}
    CACHE STRING "Arguments of mpiexec in tests")

# Open MPI's own leaks, which end when the process does; the file says which, and why stacks must be whole.
# g++ 12's leak checker finds thread-local memory of opened libraries by a header that it supposes in front
# of it; where glibc 2.36 put none it followed the bytes there and crashed after the program's end.
set(PROXYSTORE_MPI_TEST_ENVIRONMENT "")
if(PROXYSTORE_SANITIZE MATCHES "address")
  list(APPEND PROXYSTORE_MPI_TEST_ENVIRONMENT "ASAN_OPTIONS=fast_unwind_on_malloc=0:intercept_tls_get_addr=0"
       "LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/mpi/lsan.supp:print_suppressions=0")
endif()

# proxystore_add_mpi_run(<name> <ranks> COMMAND <program> [<argument>...] [LABELS ...] [TIMEOUT ...]
#                        [LAYOUT native|split1|split2] [ENVIRONMENT ...])
# One run of an MPI program; 3 and more than 4 ranks are for the full suite. split<k> makes the mpi store
# treat each k ranks as a node of their own; in the short suite that is run with 3 ranks, or 2 of split1.
function(proxystore_add_mpi_run name ranks)
  cmake_parse_arguments(ARG "" "TIMEOUT;LAYOUT" "COMMAND;LABELS;ENVIRONMENT" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 180)
  endif()
  set(labels mpi ${ARG_LABELS})
  set(environment ${PROXYSTORE_MPI_TEST_ENVIRONMENT} ${ARG_ENVIRONMENT})
  if(ARG_LAYOUT MATCHES "^split([0-9]+)$")
    set(per_node ${CMAKE_MATCH_1})
    if(NOT ranks GREATER per_node)
      return() # all of them are one node
    endif()
    list(APPEND environment PROXYSTORE_RANKS_PER_NODE=${per_node})
    if(NOT "${per_node}:${ranks}" MATCHES "^(1:2|2:3)$")
      list(APPEND labels full)
    endif()
  elseif(ranks GREATER 4 OR ranks EQUAL 3)
    list(APPEND labels full)
  endif()
  list(POP_FRONT ARG_COMMAND program)
  if(TARGET ${program})
    set(program $<TARGET_FILE:${program}>) # not every mpiexec looks into this folder
  endif()
  add_test(NAME ${name}.np${ranks} COMMAND ${MPIEXEC_EXECUTABLE} ${PROXYSTORE_MPIEXEC_FLAGS}
                                           ${MPIEXEC_NUMPROC_FLAG} ${ranks} ${program} ${ARG_COMMAND})
  set_tests_properties(
    ${name}.np${ranks} PROPERTIES LABELS "${labels}" PROCESSORS ${ranks} TIMEOUT ${ARG_TIMEOUT}
                                  ENVIRONMENT "${environment}")
endfunction()

# proxystore_add_mpi_test(<name> SOURCES <file>... RANKS <k>... [LIBRARIES ...] [LABELS ...]
#                         [TIMEOUT ...] [LAYOUTS ...] [ENVIRONMENT ...])
# One GoogleTest program with the MPI main, run at each number of ranks, and in each layout if several
# are named.
function(proxystore_add_mpi_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LIBRARIES;LABELS;RANKS;LAYOUTS;ENVIRONMENT"
                        ${ARGN})
  string(REPLACE "." "_" target test_mpi_${name})
  add_executable(${target} ${ARG_SOURCES})
  target_link_libraries(${target} PRIVATE proxystore_mpi_main ProxyStore::proxystore proxystore_warnings
                                          GTest::gmock ${ARG_LIBRARIES})
  proxystore_precompile(${target})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests/mpi)
  set(run mpi.${name})
  if(NOT ARG_LAYOUTS)
    set(ARG_LAYOUTS native)
  endif()
  foreach(layout IN LISTS ARG_LAYOUTS)
    if(NOT layout STREQUAL "native")
      set(run mpi.${name}.${layout})
    endif()
    foreach(ranks IN LISTS ARG_RANKS)
      proxystore_add_mpi_run(
        ${run} ${ranks} COMMAND ${target} --gtest_brief=1
        LABELS ${ARG_LABELS} TIMEOUT ${ARG_TIMEOUT} LAYOUT ${layout} ENVIRONMENT ${ARG_ENVIRONMENT})
    endforeach()
  endforeach()
endfunction()

# proxystore_add_hosts_run(<name> HOSTS <n> SLOTS <k> COMMAND <target> [<argument>...] [LABELS ...]
#                          [TIMEOUT ...] [ENVIRONMENT ...])
# One run of an MPI program with k ranks on each of n hosts, see tests/hosts; skipped where a machine does
# not permit them. It is run.sh that ends it in time: ctest itself would not let it clean up.
function(proxystore_add_hosts_run name)
  if(NOT PROXYSTORE_MPI_IS_OPEN) # run.sh knows how Open MPI starts ranks on hosts
    return()
  endif()
  cmake_parse_arguments(ARG "" "HOSTS;SLOTS;TIMEOUT" "COMMAND;LABELS;ENVIRONMENT" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 180)
  endif()
  math(EXPR timeout "${ARG_TIMEOUT} + 60")
  list(POP_FRONT ARG_COMMAND program)
  set(test ${name}.hosts${ARG_HOSTS}x${ARG_SLOTS})
  add_test(
    NAME ${test}
    COMMAND ${PROJECT_SOURCE_DIR}/tests/hosts/run.sh --hosts ${ARG_HOSTS} --slots ${ARG_SLOTS} --limit
            ${ARG_TIMEOUT} -- $<TARGET_FILE:${program}> ${ARG_COMMAND})
  set_tests_properties(
    ${test}
    PROPERTIES LABELS "mpi;hosts;${ARG_LABELS}" RUN_SERIAL TRUE SKIP_RETURN_CODE 77 TIMEOUT ${timeout}
               ENVIRONMENT "MPIRUN=${MPIEXEC_EXECUTABLE};${PROXYSTORE_MPI_TEST_ENVIRONMENT};${ARG_ENVIRONMENT}")
endfunction()
