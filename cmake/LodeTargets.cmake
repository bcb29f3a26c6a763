# Common settings of every target: language level, warnings, sanitizers.
#
#   lode_library(NAME SOURCES... [DEPENDS targets...])   a static library of one folder
#   lode_program(NAME SOURCES... [DEPENDS targets...])   an executable
#   lode_test(NAME SOURCES... [DEPENDS targets...])      a GoogleTest executable, each case a CTest test

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# Includes are written from here. bench/gpu is a project of its own in this tree.
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH LODE_SOURCE_DIR)

find_program(LODE_CCACHE ccache)
if(LODE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${LODE_CCACHE})
endif()

add_library(lode_settings INTERFACE)
target_include_directories(lode_settings INTERFACE ${LODE_SOURCE_DIR})
target_compile_options(lode_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
  -Woverloaded-virtual -Wundef -Werror)
if(LODE_SANITIZE)
  target_compile_options(lode_settings INTERFACE -fsanitize=${LODE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(lode_settings INTERFACE -fsanitize=${LODE_SANITIZE})
  # gcc's flow analysis sees the sanitizers' own branches and warns of what cannot happen; the plain build keeps these.
  target_compile_options(lode_settings INTERFACE
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized -Wno-mismatched-new-delete -Wno-stringop-overflow>)
  if(LODE_SANITIZE MATCHES "thread")
    # gcc warns that TSan does not model stand-alone fences; Asio has some.
    target_compile_options(lode_settings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  endif()
endif()

# For files of unrolled arithmetic, after their own options. Sanitizers multiply such code: every operation's references
# are checked, all of them to locals, and compiling takes minutes. AddressSanitizer still sees a wrong one. What is fuzzed
# are parsers: those targets only link this.
set(LODE_UNROLLED_OPTIONS "")
if(LODE_BUILD_FUZZ)
  set(LODE_UNROLLED_OPTIONS -O1 -fno-sanitize=all)
elseif(LODE_SANITIZE MATCHES "undefined")
  set(LODE_UNROLLED_OPTIONS -O1 -fno-sanitize=null,alignment,object-size)
elseif(LODE_SANITIZE)
  set(LODE_UNROLLED_OPTIONS -O1)
endif()

function(_lode_split)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  set(sources ${ARG_UNPARSED_ARGUMENTS} PARENT_SCOPE)
  set(depends ${ARG_DEPENDS} PARENT_SCOPE)
endfunction()

function(lode_library name)
  _lode_split(${ARGN})
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC lode_settings ${depends})
endfunction()

function(lode_program name)
  _lode_split(${ARGN})
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE lode_settings ${depends})
endfunction()

function(lode_test name)
  _lode_split(${ARGN})
  lode_program(${name} ${sources} DEPENDS ${depends} GTest::gmock_main)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 120 PROPERTIES TIMEOUT 120)
endfunction()
