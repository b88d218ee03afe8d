# Compiles SOURCE with -DCASE_<CASE>. With EXPECTED it must fail with a text that matches it; without
# it must succeed. Clang's warnings of references that outlive what they refer to are errors.
cmake_minimum_required(VERSION 3.23)

if(NOT COMPILER)
  message(NOTICE "skipped: no clang++ was found")
  return()
endif()

string(REPLACE "|" ";" directories "${INCLUDES}")
set(flags)
foreach(directory IN LISTS directories)
  list(APPEND flags -I${directory})
endforeach()
execute_process(COMMAND ${COMPILER} --version OUTPUT_VARIABLE version COMMAND_ERROR_IS_FATAL ANY)
if(version MATCHES "clang")
  list(APPEND flags -Werror=dangling)
endif()
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
