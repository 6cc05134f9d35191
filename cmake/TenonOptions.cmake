# Flags that every target of the project gets.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)

add_library(tenon_flags INTERFACE)
target_compile_options(tenon_flags INTERFACE -Wall -Wextra -Wno-missing-field-initializers
  -Wno-restrict)  # g++ 12 sees overlaps in std::string that are none
if(TENON_WERROR)
  target_compile_options(tenon_flags INTERFACE -Werror)
endif()
if(TENON_SANITIZE)
  # The three checks left out cost a fifth of the time to compile. A null pointer is found when it is followed.
  target_compile_options(tenon_flags INTERFACE -fsanitize=${TENON_SANITIZE} -fno-sanitize=null,vptr,object-size
                                               -fno-omit-frame-pointer -fno-sanitize-recover=all)
  if(TENON_SANITIZE MATCHES thread)
    # With it protobuf's headers lay out maps otherwise than its library, which is built without.
    target_compile_options(tenon_flags INTERFACE -U__SANITIZE_THREAD__)
  endif()
  target_link_options(tenon_flags INTERFACE -fsanitize=${TENON_SANITIZE})
  target_compile_definitions(tenon_flags INTERFACE TENON_SANITIZED)
endif()
if(TENON_COVERAGE)
  target_compile_options(tenon_flags INTERFACE --coverage)
  target_link_options(tenon_flags INTERFACE --coverage)
endif()
