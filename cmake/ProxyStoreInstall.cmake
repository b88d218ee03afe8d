# Installation, in components: runtime (the library), development (headers, the packages for CMake and pkg-config),
# conformance (the suite for connectors, as sources). Everything installed finds its neighbours by relative paths.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(PROXYSTORE_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/ProxyStore)

install(
  TARGETS proxystore
  EXPORT ProxyStoreTargets
  LIBRARY COMPONENT runtime NAMELINK_COMPONENT development
  ARCHIVE COMPONENT development
  FILE_SET HEADERS COMPONENT development)
if(PROXYSTORE_ENABLE_KOKKOS)
  install(TARGETS proxystore_kokkos EXPORT ProxyStoreTargets FILE_SET HEADERS COMPONENT development)
endif()
install(
  EXPORT ProxyStoreTargets
  NAMESPACE ProxyStore::
  DESTINATION ${PROXYSTORE_PACKAGE_DIR}
  COMPONENT development)

configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/ProxyStoreConfig.cmake.in ${PROJECT_BINARY_DIR}/ProxyStoreConfig.cmake
  INSTALL_DESTINATION ${PROXYSTORE_PACKAGE_DIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/ProxyStoreConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(
  FILES ${PROJECT_BINARY_DIR}/ProxyStoreConfig.cmake
        ${PROJECT_BINARY_DIR}/ProxyStoreConfigVersion.cmake
        ${PROJECT_SOURCE_DIR}/cmake/RepairKokkos.cmake
        ${PROJECT_SOURCE_DIR}/cmake/FindHiredis.cmake
  DESTINATION ${PROXYSTORE_PACKAGE_DIR}
  COMPONENT development)
if(BUILD_SHARED_LIBS)
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime)
else()
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT development)
endif()

# A third party compiles these against its own connector; see the README in that folder.
install(
  DIRECTORY ${PROJECT_SOURCE_DIR}/tests/conformance ${PROJECT_SOURCE_DIR}/connectors/decorators
  DESTINATION ${CMAKE_INSTALL_DATADIR}/proxystore
  COMPONENT conformance
  FILES_MATCHING
  PATTERN "*.hpp"
  PATTERN "*.cpp"
  PATTERN "README.md"
  PATTERN "builtin_cases.cpp" EXCLUDE
  PATTERN "tests" EXCLUDE)

include(ProxyStorePkgConfig)
