# A connector that stands for another one forwards every virtual function of Connector: what it leaves out
# gets the default, which changes what the other does, in silence.
# cmake -DROOT=<source tree> -P check_forwarding.cmake
cmake_minimum_required(VERSION 3.23)

set(forwarding connectors/decorators/forwarding_connector.hpp connectors/multi/multi_connector.cpp)

file(READ ${ROOT}/include/proxystore/connector.hpp text)
string(REGEX REPLACE "^.*\nclass PROXYSTORE_EXPORT Connector {" "" text "${text}")
string(REGEX REPLACE "//[^\n]*" "" text "${text}")
string(REGEX MATCHALL "virtual [^(~]*[a-z_]+\\(" declarations "${text}")
set(functions)
foreach(declaration IN LISTS declarations)
  string(REGEX MATCH "([a-z_]+)\\($" unused "${declaration}")
  list(APPEND functions ${CMAKE_MATCH_1})
endforeach()
list(LENGTH functions count)
if(count LESS 3)
  message(FATAL_ERROR "no virtual functions found in connector.hpp")
endif()

set(violations 0)
foreach(file IN LISTS forwarding)
  file(READ ${ROOT}/${file} text)
  foreach(function IN LISTS functions)
    if(NOT text MATCHES "[ \n]${function}\\([^;{]*\\)[a-z \n]* override")
      message(NOTICE "${file}: ${function}() is not forwarded")
      math(EXPR violations "${violations} + 1")
    endif()
  endforeach()
endforeach()

message(NOTICE "${count} functions, ${violations} violations")
if(violations GREATER 0)
  message(FATAL_ERROR "functions of Connector are not forwarded")
endif()
