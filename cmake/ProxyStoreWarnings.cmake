# Warnings for our own code; linked PRIVATE, so they never reach a user.
add_library(proxystore_warnings INTERFACE)
target_compile_options(
  proxystore_warnings
  INTERFACE -Wall
            -Wextra
            -Wpedantic
            -Wshadow
            -Wconversion
            -Wnon-virtual-dtor
            -Wold-style-cast
            -Wcast-qual
            -Woverloaded-virtual
            $<$<BOOL:${PROXYSTORE_WARNINGS_AS_ERRORS}>:-Werror>)

# g++ 12 warns of overlapping copies in "text" + std::string that cannot happen (GCC bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(proxystore_warnings INTERFACE -Wno-restrict)
endif()

# "Sanitizers tend to increase the rate of false positive warnings, most notably those around
# -Wmaybe-uninitialized" (GCC manual, Instrumentation Options); plain builds keep the warning.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND PROXYSTORE_SANITIZE)
  target_compile_options(proxystore_warnings INTERFACE -Wno-maybe-uninitialized)
endif()
