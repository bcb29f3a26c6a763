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
  -Woverloaded-virtual -Wundef)
# Off for users: a compiler newer than CI's may warn of more, which must not keep them from mining.
option(LODE_WERROR "Treat warnings as errors" OFF)
if(LODE_WERROR)
  target_compile_options(lode_settings INTERFACE -Werror)
endif()
# Where gcc inlines but one of Asio's two operators for the frames of coroutines it takes them for a mismatch;
# AddressSanitizer sees real ones.
target_compile_options(lode_settings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>)
# Compiling these once (host/net/separate_asio.cpp) instead of in each file saves a fifth of the time.
target_compile_definitions(lode_settings INTERFACE BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION)
# gcc collects garbage whenever its heap has doubled from 128 MB. A batch of sources needs 400 to 900 MB; where there is
# room for that, leaving the garbage saves a twelfth of the time.
cmake_host_system_information(RESULT memory QUERY TOTAL_PHYSICAL_MEMORY)
cmake_host_system_information(RESULT processors QUERY NUMBER_OF_LOGICAL_CORES)
math(EXPR memory "${memory} / ${processors}")
if(memory GREATER 3000)  # MiB
  target_compile_options(lode_settings INTERFACE $<$<CXX_COMPILER_ID:GNU>:--param=ggc-min-heapsize=1000000>)
endif()
set(LODE_SANITIZE_NOT "" CACHE STRING "What of LODE_SANITIZE not to check, as -fno-sanitize= takes it")
if(LODE_SANITIZE)
  target_compile_options(lode_settings INTERFACE -fsanitize=${LODE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  if(LODE_SANITIZE_NOT)
    target_compile_options(lode_settings INTERFACE -fno-sanitize=${LODE_SANITIZE_NOT})
  endif()
  target_link_options(lode_settings INTERFACE -fsanitize=${LODE_SANITIZE})
  # clang 14 cannot assemble coroutines with the function sanitizer ("difference across sections").
  target_compile_options(lode_settings INTERFACE $<$<CXX_COMPILER_ID:Clang>:-fno-sanitize=function>)
  # gcc's flow analysis sees the sanitizers' own branches and warns of what cannot happen; the plain build keeps these.
  target_compile_options(lode_settings INTERFACE
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized -Wno-stringop-overflow>)
  if(LODE_SANITIZE MATCHES "thread")
    # gcc warns that TSan does not model stand-alone fences; Asio has some.
    target_compile_options(lode_settings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  endif()
endif()

# For files of unrolled arithmetic, after their own options. Sanitizers multiply such code: every operation's references
# are checked, all of them to locals, and compiling takes minutes. AddressSanitizer still sees a wrong one.
set(LODE_UNROLLED_OPTIONS "")
if(LODE_SANITIZE)
  set(LODE_UNROLLED_OPTIONS -O1)
endif()
if(LODE_SANITIZE MATCHES "undefined")
  list(APPEND LODE_UNROLLED_OPTIONS -fno-sanitize=null,alignment,object-size)
endif()
if(LODE_SANITIZE MATCHES "address" AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # Calls in place of inline checks: a third of the time to compile.
  list(APPEND LODE_UNROLLED_OPTIONS -fsanitize-address-outline-instrumentation)
endif()

# Sanitized builds are not optimised, which halves the time to compile them. Code that computes millions of plain hashes
# is optimised all the same: its tests would lose more time than that saves.
#
#   lode_hashes_much(TARGET [SOURCES...])   all of the target's sources, or these
function(lode_hashes_much name)
  if(NOT LODE_SANITIZE)
    return()
  elseif(ARGN)
    set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS -O1 SKIP_PRECOMPILE_HEADERS ON)
  else()
    target_compile_options(${name} PRIVATE -O1)
    set_target_properties(${name} PROPERTIES DISABLE_PRECOMPILE_HEADERS ON)
  endif()
endfunction()

# Most of a file's compile time goes into headers and templates that its neighbours need too, so neighbours are compiled
# together, LODE_UNITY_BATCH at a time. All files of a target share one set of names in unnamed namespaces.
option(LODE_UNITY "Compile the sources of a target in batches" OFF)
set(LODE_UNITY_BATCH 8 CACHE STRING "Sources in a batch")
if(LODE_UNITY)
  # gcc takes the sources that a batch includes for headers, in which an unnamed namespace would be a fault.
  target_compile_options(lode_settings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endif()

function(_lode_unity name)
  if(LODE_UNITY)
    set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${LODE_UNITY_BATCH})
  endif()
endfunction()

# Unoptimised builds spend most of their time on headers. lode_precompiled_headers(NAME [OPTIONS...]) makes a target with
# precompiled headers; its options must be those of the targets that take them. From then on targets take those of
# lode_precompiled. gcc gains too little by it.
option(LODE_PRECOMPILE "Precompile headers (clang, sanitized presets)" OFF)
function(lode_precompiled_headers name)
  if(NOT LODE_PRECOMPILE)
    return()
  endif()
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/${name}.cpp CONTENT "")
  add_library(${name} OBJECT ${PROJECT_BINARY_DIR}/${name}.cpp)
  target_link_libraries(${name} PRIVATE lode_settings Boost::json fmt::fmt Threads::Threads)
  target_compile_options(${name} PRIVATE ${ARGN})
  target_compile_definitions(${name} PRIVATE GTEST_HAS_PTHREAD=1)  # as GoogleTest's targets say
  target_precompile_headers(${name} PRIVATE ${LODE_SOURCE_DIR}/cmake/precompiled.h)
endfunction()

# Whatever has seen Asio's headers needs what Asio has outside of them.
function(_lode_precompile name)
  if(TARGET lode_precompiled)
    target_precompile_headers(${name} REUSE_FROM lode_precompiled)
    if(NOT name STREQUAL "lode_asio")
      target_link_libraries(${name} PRIVATE lode_asio)
    endif()
  endif()
endfunction()

function(_lode_split)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  set(sources ${ARG_UNPARSED_ARGUMENTS} PARENT_SCOPE)
  set(depends ${ARG_DEPENDS} PARENT_SCOPE)
endfunction()

function(lode_library name)
  _lode_split(${ARGN})
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC lode_settings ${depends})
  _lode_unity(${name})
  _lode_precompile(${name})
endfunction()

function(lode_program name)
  _lode_split(${ARGN})
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE lode_settings ${depends})
  _lode_unity(${name})
  _lode_precompile(${name})
endfunction()

# Limits only end what hangs: a machine may be slow, or busy with something else.
function(lode_test name)
  _lode_split(${ARGN})
  lode_program(${name} ${sources} DEPENDS ${depends} GTest::gmock_main)
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)  # compiled far more often than they are run
  if(LODE_SANITIZE)
    add_test(NAME ${name} COMMAND ${name})  # a sanitizer takes longer to start than most cases to run
    set_tests_properties(${name} PROPERTIES TIMEOUT 3600)
  else()
    gtest_discover_tests(${name} DISCOVERY_TIMEOUT 1200 PROPERTIES TIMEOUT 1200)
  endif()
endfunction()
