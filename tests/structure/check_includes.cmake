# Includes go down the floors or stay level, and each foreign header stays in its room.
# cmake -DROOT=<source tree> -P check_includes.cmake
cmake_minimum_required(VERSION 3.23)

set(floor_0 box bytes key error config export float16 fwd version)
set(floor_1 array connector connector_registry serialize proxy proxy_locker)
set(floor_2 array_builder cache lifetime metrics metrics_summary proxy_info store store_arguments store_factory store_registry log)

set(floor_3 future lifetimes owned_proxy proxy_from_file resolve_all stream)

# Floor of a part of the library, such as `store` or `serialize/codec`; empty if it has none.
function(floor_of name result)
  set(floor "")
  foreach(number 0 1 2 3)
    if(name IN_LIST floor_${number})
      set(floor ${number})
    endif()
  endforeach()
  if(name MATCHES "^detail/ownership$")
    set(floor 3)
  elseif(name MATCHES "^(serialize|detail|connectors)/|^stream/(transport|[a-z]+_queue|redis_list)$")
    set(floor 1)
  elseif(name MATCHES "^(mpi|kokkos|stream|python)/")
    set(floor 3)
  elseif(name STREQUAL "proxystore")
    set(floor 4)
  endif()
  set(${result} "${floor}" PARENT_SCOPE)
endfunction()

# Foreign headers, and the files that may include them.
set(foreign
    "mpi\\.h"                 "^(include/proxystore|src|connectors)/mpi/"
    "(hdf5|H5[A-Za-z]+)\\.h"  "^connectors/hdf5/"
    "hiredis/.*"              "^connectors/redis/"
    "toml.*"                  "^src/config_toml\\.cpp$"
    "cereal/.*"               "^include/proxystore/serialize/"
    "(spdlog|fmt)/.*"         "^src/log\\.cpp$"
    "xxhash\\.h"              "^src/detail/hash(_avx2)?\\.cpp$"
    "Kokkos_.*"               "^include/proxystore/kokkos/")

set(violations 0)
macro(violation why)
  message(NOTICE "${file}: ${line}: ${why}")
  math(EXPR violations "${violations} + 1")
endmacro()

file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/include/*.hpp ${ROOT}/src/*.hpp ${ROOT}/src/*.cpp
     ${ROOT}/connectors/*.hpp ${ROOT}/connectors/*.cpp)
list(FILTER files EXCLUDE REGEX "^connectors/[^/]+/tests/") # tests see what they like
list(LENGTH files count)
if(count EQUAL 0)
  message(FATAL_ERROR "no sources in ${ROOT}")
endif()

foreach(file IN LISTS files)
  # Where the file stands.
  set(line "")
  set(room "")
  if(file MATCHES "^connectors/([^/]+)/")
    set(room ${CMAKE_MATCH_1})
    set(own_floor 1)
  elseif(file MATCHES "^(include/proxystore|src)/(.*)\\.[hc]pp$")
    set(name ${CMAKE_MATCH_2})
    if(file MATCHES "^src/")
      # Bodies stand on the floor of their header; what has none is named here.
      string(REGEX REPLACE "^(config)_toml$" "\\1" name ${name})
      string(REGEX REPLACE "^(store)_arrays$" "\\1" name ${name})
      string(REGEX REPLACE "^npy$" "serialize" name ${name})
      string(REGEX REPLACE "^detail/log$" "log" name ${name})
    endif()
    floor_of("${name}" own_floor)
    if(own_floor STREQUAL "")
      violation("this file has no floor; give it one in tests/structure/check_includes.cmake")
      continue()
    endif()
  endif()

  file(STRINGS ${ROOT}/${file} lines REGEX "^ *# *include")
  foreach(line IN LISTS lines)
    string(REGEX MATCH "[<\"]([^>\"]+)[>\"]" unused "${line}")
    set(header ${CMAKE_MATCH_1})

    set(rules ${foreign})
    while(rules)
      list(POP_FRONT rules pattern allowed)
      if(header MATCHES "^${pattern}$" AND NOT file MATCHES "${allowed}")
        violation("this header belongs to ${allowed}")
      endif()
    endwhile()

    if(header MATCHES "^proxystore/(.*)\\.hpp$")
      set(name ${CMAKE_MATCH_1})
      floor_of("${name}" floor)
      if(floor STREQUAL "")
        violation("there is no such part of the library")
      elseif(room AND name MATCHES "^connectors/" AND NOT name STREQUAL "connectors/${room}")
        violation("a connector sees no other connector")
      elseif(floor GREATER own_floor AND NOT (room STREQUAL "mpi" AND name MATCHES "^mpi/"))
        violation("floor ${own_floor} includes floor ${floor}")
      endif()
    elseif(room STREQUAL "mpi" AND header MATCHES "^mpi/")
      # The store of the ranks' memory lives with the MPI environment, and knows it.
    elseif(room AND line MATCHES "\"" AND NOT header MATCHES "^detail/" AND
           NOT (header MATCHES "^[^/]+$" AND EXISTS ${ROOT}/connectors/${room}/${header}))
      violation("a connector sees src/detail and its own room")
    endif()
  endforeach()
endforeach()

message(NOTICE "${count} files, ${violations} violations")
if(violations GREATER 0)
  message(FATAL_ERROR "includes go the wrong way")
endif()
