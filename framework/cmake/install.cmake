# cmake --install: a prefix that can be moved, with a CMake package for plugin authors: find_package(elbo). The same package
# lies in the build folder, so that plugins can be built against a program that was never installed.
include(CMakePackageConfigHelpers)

install(TARGETS elbo elbo-worker RUNTIME DESTINATION bin)
install(TARGETS elbo_sdk EXPORT elbo-targets LIBRARY DESTINATION lib)
set_target_properties(elbo_sdk PROPERTIES EXPORT_NAME sdk)
install(EXPORT elbo-targets NAMESPACE elbo:: DESTINATION lib/cmake/elbo)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/framework/sdk/include/elbo DESTINATION include)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/datasets/ DESTINATION share/elbo/datasets FILES_MATCHING PATTERN *.toml)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/templates DESTINATION share/elbo)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION share/doc/elbo RENAME copyright)  # Debian's name for it
install(DIRECTORY ${PROJECT_SOURCE_DIR}/experiments/ DESTINATION share/elbo/experiments FILES_MATCHING PATTERN *.toml)

set(package ${CMAKE_BINARY_DIR}/lib/cmake/elbo)
export(EXPORT elbo-targets NAMESPACE elbo:: FILE ${package}/elbo-targets.cmake)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/elbo-config.cmake.in ${package}/elbo-config.cmake
  INSTALL_DESTINATION lib/cmake/elbo)
write_basic_package_version_file(${package}/elbo-config-version.cmake COMPATIBILITY SameMinorVersion)
configure_file(${CMAKE_CURRENT_LIST_DIR}/elbo_add_plugin.cmake ${package}/elbo_add_plugin.cmake COPYONLY)
install(FILES ${package}/elbo-config.cmake ${package}/elbo-config-version.cmake ${package}/elbo_add_plugin.cmake
  DESTINATION lib/cmake/elbo)

# cpack -G DEB: /usr/bin/elbo and what belongs to it. Its users need the libraries; who writes plugins, the rest.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME elbo)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "g++, cmake (>= 3.25), ninja-build | make, libtorch-dev")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "dataset-fashion-mnist, python3-h5py, python3-xarray")
set(CPACK_PACKAGE_CONTACT "the elbo authors")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "compares variational auto-encoders made of plugins")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_BINARY_DIR}/lib)
include(CPack)
