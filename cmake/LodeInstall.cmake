# What `cmake --install` puts where. The prefix may be chosen as late as then, so the systemd unit, which names the program's
# path, is written by the installation.
include(GNUInstallDirs)

install(TARGETS lode RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
if(EXISTS ${PROJECT_SOURCE_DIR}/docs/lode.1)
  install(FILES docs/lode.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()
install(FILES CHANGELOG.md LICENSE README.md docs/operations.md docs/protocols.md docs/tuning.md
  DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES docs/lode.toml DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)

configure_file(${CMAKE_CURRENT_LIST_DIR}/install_unit.cmake.in install_unit.cmake @ONLY)
install(SCRIPT ${PROJECT_BINARY_DIR}/install_unit.cmake)
