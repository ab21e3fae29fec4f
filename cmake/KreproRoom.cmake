# SPDX-License-Identifier: Apache-2.0
# One CMake library a folder: the link graph is the architecture.

set(KREPRO_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
    -Wcast-qual -Wformat=2 -Wimplicit-fallthrough)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 takes Asio's coroutine frames for mismatched allocations.
  list(APPEND KREPRO_WARNINGS -Wno-mismatched-new-delete)
elseif(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # The deduced size of a table folds over its rows, and one has more than clang's 256.
  list(APPEND KREPRO_WARNINGS -fbracket-depth=1024)
endif()

function(krepro_flags target)
  target_compile_options(${target} PRIVATE ${KREPRO_WARNINGS})
  if(KREPRO_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(KREPRO_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${KREPRO_SANITIZE} -fno-omit-frame-pointer
                           -fno-sanitize-recover=all)
    target_link_options(${target} PRIVATE -fsanitize=${KREPRO_SANITIZE})
  endif()
  if(KREPRO_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
  if(KREPRO_COVERAGE)
    target_compile_options(${target} PRIVATE --coverage)
    target_link_options(${target} PRIVATE --coverage)
  endif()
endfunction()

# Asio, JSON, gmock and the command line's library are parsed and instantiated once for eight files:
# a build from nothing takes half the time. Names of a target's files must differ for it.
function(krepro_unity target)
  if(NOT KREPRO_UNITY)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # It holds what such a file includes for a header, where unnamed namespaces would be wrong.
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
  endif()
endfunction()

# krepro_room(report LINKS krepro_model PkgConfig::RE2)
# Makes the library krepro_<name> of every *.cpp in the folder. A folder without sources yet makes
# an empty interface library, so that the graph can be written down before the code.
function(krepro_room name)
  cmake_parse_arguments(ROOM "" "" "LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp")
  set(target krepro_${name})
  if(sources)
    add_library(${target} STATIC ${sources})
    target_include_directories(${target} PUBLIC "${CMAKE_SOURCE_DIR}/daemon")
    target_link_libraries(${target} PUBLIC ${ROOM_LINKS})
    krepro_flags(${target})
    krepro_unity(${target})
  else()
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE "${CMAKE_SOURCE_DIR}/daemon")
    target_link_libraries(${target} INTERFACE ${ROOM_LINKS})
  endif()
endfunction()

# krepro_test(unit report LINKS krepro_report)
# Makes <layer>_<name> of tests/<layer>/<name>/*.cpp and registers each case with CTest under the
# label <layer>. APART: its files use the same names and are compiled one at a time.
function(krepro_test layer name)
  cmake_parse_arguments(TEST "SERIAL;APART" "TIMEOUT" "LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${layer}/${name}/*.cpp")
  if(NOT sources)
    return()
  endif()
  if(NOT TEST_TIMEOUT)
    set(TEST_TIMEOUT 60)
  endif()
  set(target ${layer}_${name})
  add_executable(${target} ${sources})
  target_link_libraries(${target} PRIVATE ${TEST_LINKS} GTest::gtest_main GTest::gmock)
  target_include_directories(${target} PRIVATE "${CMAKE_SOURCE_DIR}/tests")
  target_compile_definitions(${target} PRIVATE KREPRO_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                             KREPRO_BINARY_DIR="${CMAKE_BINARY_DIR}")
  krepro_flags(${target})
  if(NOT TEST_APART)
    krepro_unity(${target})
  endif()
  set(properties LABELS ${layer} TIMEOUT ${TEST_TIMEOUT})
  if(TEST_SERIAL)
    list(APPEND properties RUN_SERIAL ON)
  endif()
  gtest_discover_tests(${target} PROPERTIES ${properties} DISCOVERY_TIMEOUT 60)
endfunction()
