# No public header asks for NDEBUG, nor asserts: sources of one program may differ in it, and would define the
# functions of a header in two ways.
# cmake -DROOT=<source tree> -P check_ndebug.cmake
cmake_minimum_required(VERSION 3.23)

set(violations 0)
file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/include/*.hpp)
foreach(file IN LISTS files)
  file(STRINGS ${ROOT}/${file} lines REGEX "(^|[^a-z_])assert\\(|^ *# *(if|elif).*NDEBUG|^ *# *include <cassert>")
  foreach(line IN LISTS lines)
    message(NOTICE "${file}: ${line}: what is compiled must not follow NDEBUG")
    math(EXPR violations "${violations} + 1")
  endforeach()
endforeach()

list(LENGTH files count)
message(NOTICE "${count} headers, ${violations} violations")
if(violations GREATER 0 OR count EQUAL 0)
  message(FATAL_ERROR "headers that follow NDEBUG")
endif()
