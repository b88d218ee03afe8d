# Finds hiredis 0.14 or later: Hiredis::hiredis, and Hiredis::ssl if it can encrypt. It has a pkg-config file everywhere; its own CMake
# package is an error in some distributions unless a version is asked for, and is not needed.
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(PC_Hiredis QUIET hiredis)
endif()
find_path(Hiredis_INCLUDE_DIR hiredis/hiredis.h HINTS ${PC_Hiredis_INCLUDEDIR})
find_library(Hiredis_LIBRARY hiredis HINTS ${PC_Hiredis_LIBRARY_DIRS})
if(Hiredis_INCLUDE_DIR)
  file(STRINGS "${Hiredis_INCLUDE_DIR}/hiredis/hiredis.h" _hiredis_numbers
       REGEX "#define HIREDIS_(MAJOR|MINOR|PATCH) +[0-9]+")
  string(REGEX MATCHALL "[0-9]+" _hiredis_numbers "${_hiredis_numbers}")
  string(REPLACE ";" "." Hiredis_VERSION "${_hiredis_numbers}")
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  Hiredis
  REQUIRED_VARS Hiredis_LIBRARY Hiredis_INCLUDE_DIR
  VERSION_VAR Hiredis_VERSION)
mark_as_advanced(Hiredis_INCLUDE_DIR Hiredis_LIBRARY)
if(Hiredis_FOUND AND NOT TARGET Hiredis::hiredis)
  add_library(Hiredis::hiredis UNKNOWN IMPORTED)
  set_target_properties(
    Hiredis::hiredis PROPERTIES IMPORTED_LOCATION "${Hiredis_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES
                                                                       "${Hiredis_INCLUDE_DIR}")
endif()

# The library for TLS, which is one of its own, is built on OpenSSL, which the connector uses as well.
find_library(Hiredis_SSL_LIBRARY hiredis_ssl HINTS ${PC_Hiredis_LIBRARY_DIRS})
mark_as_advanced(Hiredis_SSL_LIBRARY)
if(Hiredis_FOUND
   AND Hiredis_SSL_LIBRARY
   AND EXISTS "${Hiredis_INCLUDE_DIR}/hiredis/hiredis_ssl.h"
   AND NOT TARGET Hiredis::ssl)
  find_package(OpenSSL 1.1.0 QUIET)
  if(OpenSSL_FOUND)
    add_library(Hiredis::ssl UNKNOWN IMPORTED)
    set_target_properties(Hiredis::ssl PROPERTIES IMPORTED_LOCATION "${Hiredis_SSL_LIBRARY}")
    target_link_libraries(Hiredis::ssl INTERFACE OpenSSL::SSL Hiredis::hiredis)
  endif()
endif()
