# Install rules. Each component is an export of its own, so that the core's package never asks for a database.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)
set(varve_package_dir "${CMAKE_INSTALL_DATADIR}/cmake/varve")

install(TARGETS ${varve_core_targets} EXPORT varveTargets
  FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT varveTargets NAMESPACE varve:: DESTINATION "${varve_package_dir}")

if(VARVE_SQLITE)
  install(TARGETS ${varve_sqlite_targets} EXPORT varve-sqliteTargets FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
  install(EXPORT varve-sqliteTargets NAMESPACE varve:: DESTINATION "${varve_package_dir}")
endif()

configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/varveConfig.cmake.in" varveConfig.cmake
  INSTALL_DESTINATION "${varve_package_dir}"
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(varveConfigVersion.cmake COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(
  FILES
    "${CMAKE_CURRENT_BINARY_DIR}/varveConfig.cmake"
    "${CMAKE_CURRENT_BINARY_DIR}/varveConfigVersion.cmake"
  DESTINATION "${varve_package_dir}")
