# Compiles SOURCE with -DCASE_<CASE>. With EXPECTED it must fail with a text that matches it; without
# it must succeed.
cmake_minimum_required(VERSION 3.23)

string(REPLACE "|" ";" directories "${INCLUDES}")
set(flags)
foreach(directory IN LISTS directories)
  list(APPEND flags -I${directory})
endforeach()
execute_process(
  COMMAND ${COMPILER} -std=c++20 -fsyntax-only ${flags} -DCASE_${CASE} ${SOURCE}
  RESULT_VARIABLE result
  OUTPUT_VARIABLE output
  ERROR_VARIABLE output)

if(EXPECTED STREQUAL "")
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "case ${CASE} must compile:\n${output}")
  endif()
elseif(result EQUAL 0)
  message(FATAL_ERROR "case ${CASE} must not compile")
elseif(NOT output MATCHES "${EXPECTED}")
  message(FATAL_ERROR "case ${CASE} failed, but not with '${EXPECTED}':\n${output}")
endif()
