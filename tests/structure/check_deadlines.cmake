# A clock is moved by a time-out in src/detail/deadline.hpp alone, which knows what clocks can tell.
# cmake -DROOT=<source tree> -P check_deadlines.cmake
cmake_minimum_required(VERSION 3.23)

# The times of lifetimes are floating-point numbers, and may be negative: they have a limit of their own.
set(allowed src/detail/deadline.hpp src/lifetimes.cpp)

set(violations 0)
file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/include/*.hpp ${ROOT}/src/*.hpp ${ROOT}/src/*.cpp
     ${ROOT}/connectors/*.hpp ${ROOT}/connectors/*.cpp)
list(FILTER files EXCLUDE REGEX "^connectors/[^/]+/tests/")
list(REMOVE_ITEM files ${allowed})
foreach(file IN LISTS files)
  # Sleeps on the real clock are slices of a wait whose end is a deadline.
  file(STRINGS ${ROOT}/${file} lines REGEX "(^|[^a-z_])(steady_clock|[A-Za-z]*Clock)::now\\(\\) *\\+")
  foreach(line IN LISTS lines)
    message(NOTICE "${file}: ${line}: take deadline_after() of detail/deadline.hpp")
    math(EXPR violations "${violations} + 1")
  endforeach()
endforeach()

message(NOTICE "${violations} violations")
if(violations GREATER 0)
  message(FATAL_ERROR "deadlines that may overflow")
endif()
