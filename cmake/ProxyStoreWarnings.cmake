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
