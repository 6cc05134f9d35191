# tenon_precompiled(NAME LINKS...): the headers that most rooms include, compiled once; PRECOMPILED NAME of a room uses them.
# The room's flags must be those of LINKS.
function(tenon_precompiled name)
  cmake_parse_arguments(HEADERS "" "" "LINKS" ${ARGN})
  file(CONFIGURE OUTPUT ${name}.cc CONTENT "")  # keeps its date, unlike WRITE
  add_library(${name} OBJECT ${CMAKE_CURRENT_BINARY_DIR}/${name}.cc)
  target_link_libraries(${name} PRIVATE tenon_flags fmt::fmt tenon_proto ${HEADERS_LINKS})
  target_precompile_headers(${name} PRIVATE <algorithm> <functional> <map> <memory> <optional> <set> <string>
    <string_view> <unordered_map> <unordered_set> <variant> <vector> <fmt/format.h> <fmt/ranges.h> <graph.pb.h>
    <meta_graph.pb.h>)
endfunction()

# tenon_room(NAME [PRECOMPILED HEADERS] LINKS...): the sources of src/NAME become an object library; its foo_test.cc files
# become tests.
# The order in which a room may include others is checked by tools/check_includes.py.
function(tenon_room name)
  cmake_parse_arguments(ROOM "" "PRECOMPILED" "LINKS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cc)
  list(FILTER sources EXCLUDE REGEX "(_test|_main)\\.cc$")
  if(NOT sources)
    return()
  endif()
  add_library(tenon_${name} OBJECT ${sources})
  target_include_directories(tenon_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(tenon_${name} PUBLIC tenon_flags fmt::fmt ${ROOM_LINKS})
  if(ROOM_PRECOMPILED)
    target_precompile_headers(tenon_${name} REUSE_FROM ${ROOM_PRECOMPILED})
  endif()
endfunction()

# One test program per room, from the foo_test.cc that stand beside its sources.
function(tenon_room_tests name)
  file(GLOB_RECURSE tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*_test.cc)
  if(tests)
    tenon_test(${name}_test ${tests})
  endif()
endfunction()

# The headers of the test framework, compiled once for all tests.
function(tenon_precompile name)
  get_property(first GLOBAL PROPERTY TENON_FIRST_TEST)
  if(first)
    target_precompile_headers(${name} REUSE_FROM ${first})
  else()
    set_property(GLOBAL PROPERTY TENON_FIRST_TEST ${name})
    target_precompile_headers(${name} PRIVATE <gtest/gtest.h> <gmock/gmock.h> <filesystem>)
  endif()
endfunction()

# tenon_test(NAME sources... [ENVIRONMENT "A=b"]): a GoogleTest program, each of its tests a ctest of its own run in an empty
# directory.
function(tenon_test name)
  cmake_parse_arguments(TEST "" "ENVIRONMENT" "" ${ARGN})
  add_executable(${name} ${TEST_UNPARSED_ARGUMENTS})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${name} PRIVATE tenon_flags tenon tenon_private GTest::gtest GTest::gtest_main GTest::gmock)
  target_compile_options(${name} PRIVATE -O0)  # half the time to compile them; what they test is optimised
  tenon_precompile(${name})
  target_compile_definitions(${name} PRIVATE TENON_FIXTURES="${PROJECT_SOURCE_DIR}/tests/fixtures"
                                             TENON_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                                             TENON_BINARY_DIR="${PROJECT_BINARY_DIR}")
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 300
                       ENVIRONMENT "${TEST_ENVIRONMENT}")
endfunction()
