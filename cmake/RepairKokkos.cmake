# Debian's Kokkos, from Trilinos, exports an include path on Kokkos::kokkos that holds no Kokkos
# headers. Where that is so, points the target at the headers, as system headers. Other Kokkos
# installations are left as they are.
get_target_property(_kokkos_includes Kokkos::kokkos INTERFACE_INCLUDE_DIRECTORIES)
if(_kokkos_includes)
  set(_kokkos_header_is_there FALSE)
  foreach(_kokkos_include IN LISTS _kokkos_includes)
    if(EXISTS "${_kokkos_include}/Kokkos_Core.hpp")
      set(_kokkos_header_is_there TRUE)
    endif()
  endforeach()
  if(NOT _kokkos_header_is_there)
    find_path(ProxyStore_KOKKOS_INCLUDE_DIR Kokkos_Core.hpp PATH_SUFFIXES trilinos kokkos)
    if(ProxyStore_KOKKOS_INCLUDE_DIR)
      set_target_properties(
        Kokkos::kokkos
        PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${ProxyStore_KOKKOS_INCLUDE_DIR}"
                   INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${ProxyStore_KOKKOS_INCLUDE_DIR}")
    endif()
    mark_as_advanced(ProxyStore_KOKKOS_INCLUDE_DIR)
  endif()
endif()
