# proxystore_require(<package> <version> DEBIAN <package> SPACK <package> [WITHOUT <option>]
#                    [COMPONENTS <component>...] [CONFIG])
# find_package, with an error that says which package of Debian and Spack has what is missing, and which option
# does without it. CONFIG: the package comes with a CMake package, CMake has no module of its own for it.
# A macro, because find_package sets variables.
macro(proxystore_require package version)
  cmake_parse_arguments(_required "CONFIG" "DEBIAN;SPACK;WITHOUT" "COMPONENTS" ${ARGN})
  set(_required_how)
  if(_required_CONFIG)
    set(_required_how QUIET CONFIG) # CMake's own warning is about modules, a page long, and not the matter
  endif()
  find_package(${package} ${version} ${_required_how} COMPONENTS ${_required_COMPONENTS})
  if(NOT ${package}_FOUND)
    set(_required_text "ProxyStore needs ${package} ${version} or later")
    if(_required_COMPONENTS)
      string(REPLACE ";" " and " _required_parts "${_required_COMPONENTS}")
      string(APPEND _required_text " (${_required_parts})")
    endif()
    if(${package}_CONSIDERED_VERSIONS)
      string(APPEND _required_text ", but found ${${package}_CONSIDERED_VERSIONS}.\n")
    elseif(${package}_VERSION AND ${package}_VERSION VERSION_LESS "${version}")
      string(APPEND _required_text ", but found ${${package}_VERSION}.\n")
    else()
      string(APPEND _required_text ", which was not found.\n")
    endif()
    string(APPEND _required_text "  Debian, Ubuntu: ${_required_DEBIAN}\n  Spack: ${_required_SPACK}\n"
           "  installed elsewhere: -DCMAKE_PREFIX_PATH=<its prefix>\n")
    if(_required_WITHOUT)
      string(APPEND _required_text "  without it: -D${_required_WITHOUT}=OFF\n")
    endif()
    message(FATAL_ERROR "${_required_text}")
  endif()
endmacro()
