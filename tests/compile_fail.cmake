# Checks one file with a mistake, whose first line is `// <file>.cpp   expect: <sentence>`.
#
#   cmake -D COMPILER=... -D FLAGS=<file with flags> -D SOURCE=... -D MODE=compiles|speaks -P compile_fail.cmake
#
# HEADER, where it is given, is included ahead of the file: one that may be precompiled.
# compiles: without VARVE_EXPECT_ERROR it compiles. speaks: with it, it does not, and the compiler prints the sentence.
cmake_minimum_required(VERSION 3.25)

cmake_path(GET SOURCE FILENAME file)
file(READ "${SOURCE}" first LIMIT 1000)
string(REGEX REPLACE "\n.*" "" first "${first}")
string(LENGTH "// ${file} " start)
string(FIND "${first}" "// ${file} " place)
if(NOT place EQUAL 0 OR NOT first MATCHES "expect: *([^ ].*)$")
  message(FATAL_ERROR "${SOURCE}: the first line must be: // ${file}   expect: <sentence>")
endif()
string(STRIP "${CMAKE_MATCH_1}" sentence)

if(MODE STREQUAL "speaks")
  set(macro -DVARVE_EXPECT_ERROR)
else()
  set(macro "")
endif()
set(ahead "")
if(HEADER)
  set(ahead -include "${HEADER}")
endif()
set(ENV{LC_ALL} C)
execute_process(
  COMMAND "${COMPILER}" "@${FLAGS}" -fsyntax-only ${ahead} ${macro} "${SOURCE}"
  RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE text)

if(MODE STREQUAL "compiles")
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${file} does not compile without VARVE_EXPECT_ERROR:\n${text}")
  endif()
elseif(MODE STREQUAL "speaks")
  if(result EQUAL 0)
    message(FATAL_ERROR "${file} compiles with VARVE_EXPECT_ERROR")
  endif()
  string(FIND "${text}" "${sentence}" place)
  if(place EQUAL -1)
    message(FATAL_ERROR "${file} does not print the sentence: ${sentence}\n${text}")
  endif()
else()
  message(FATAL_ERROR "MODE must be compiles or speaks")
endif()
