# Install rules. Each component is an export of its own, so that the core's package never asks for a database.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)
set(varve_package_dir "${CMAKE_INSTALL_DATADIR}/cmake/varve")

install(TARGETS ${varve_core_targets} EXPORT varveTargets
  FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT varveTargets NAMESPACE varve:: DESTINATION "${varve_package_dir}")

foreach(database IN LISTS varve_databases)
  install(TARGETS ${varve_${database}_targets} EXPORT varve-${database}Targets
    FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
  install(EXPORT varve-${database}Targets NAMESPACE varve:: DESTINATION "${varve_package_dir}")
endforeach()

configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/varveConfig.cmake.in" varveConfig.cmake
  INSTALL_DESTINATION "${varve_package_dir}"
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(varveConfigVersion.cmake COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(
  FILES
    "${CMAKE_CURRENT_BINARY_DIR}/varveConfig.cmake"
    "${CMAKE_CURRENT_BINARY_DIR}/varveConfigVersion.cmake"
    "${CMAKE_CURRENT_LIST_DIR}/FindMariaDB.cmake"
  DESTINATION "${varve_package_dir}")
