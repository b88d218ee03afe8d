# The library exports its own names, and weak instantiations of standard templates; nothing of the
# libraries that it uses privately.
# cmake -DNM=<nm> -DLIBRARY=<shared library> -P check_exports.cmake
cmake_minimum_required(VERSION 3.23)

execute_process(COMMAND ${NM} -DC --defined-only ${LIBRARY} OUTPUT_VARIABLE output
                COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE ";" "," output "${output}") # no list separators within names
string(REPLACE "[" "(" output "${output}")
string(REPLACE "]" ")" output "${output}")
string(REGEX REPLACE "\n$" "" output "${output}")
string(REPLACE "\n" ";" lines "${output}")

set(own 0)
set(strange 0)
foreach(line IN LISTS lines)
  if(NOT line MATCHES "^[0-9a-f]* *([A-Za-z]) (.*)$")
    continue()
  endif()
  set(kind ${CMAKE_MATCH_1})
  set(name ${CMAKE_MATCH_2})
  if(name MATCHES "(spdlog|fmt|toml)::|XXH")
    set(is_fine FALSE)
  elseif(name MATCHES "^(vtable for |typeinfo for |typeinfo name for |VTT for |guard variable for )?proxystore::v0::" OR
         name MATCHES "^(.* )?proxystore::v0::.*[(]")
    set(is_fine TRUE)
    math(EXPR own "${own} + 1")
  elseif(kind MATCHES "[WVu]" AND name MATCHES "std::|__gnu_cxx::|cereal::")
    set(is_fine TRUE)
  else()
    set(is_fine FALSE)
  endif()
  if(NOT is_fine)
    message(NOTICE "strange: ${kind} ${name}")
    math(EXPR strange "${strange} + 1")
  endif()
endforeach()

message(NOTICE "${own} symbols of proxystore::v0, ${strange} strange ones")
if(own EQUAL 0 OR strange GREATER 0)
  message(FATAL_ERROR "${LIBRARY} does not export what it should")
endif()
