# cmake --install: headers, both libraries, the programs and a CMake package, so that a project of one's own says
#   find_package(tenon REQUIRED)
#   target_link_libraries(app PRIVATE tenon::tenon)       or tenon::formats, to read and write files only
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set_target_properties(tenon_formats_library PROPERTIES EXPORT_NAME formats INSTALL_RPATH "$ORIGIN")
set_target_properties(tenon PROPERTIES INSTALL_RPATH "$ORIGIN")
install(TARGETS tenon tenon_formats_library EXPORT tenonTargets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/tenon DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h")
foreach(program tenon tenon-run)
  if(TARGET ${program}_program)
    set_target_properties(${program}_program PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
    install(TARGETS ${program}_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endforeach()
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/tenon)
install(EXPORT tenonTargets NAMESPACE tenon:: DESTINATION ${package_dir})
file(WRITE ${PROJECT_BINARY_DIR}/tenonConfig.cmake
     "include(\"\${CMAKE_CURRENT_LIST_DIR}/tenonTargets.cmake\")\n")
write_basic_package_version_file(${PROJECT_BINARY_DIR}/tenonConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/tenonConfig.cmake ${PROJECT_BINARY_DIR}/tenonConfigVersion.cmake
        DESTINATION ${package_dir})
