# Writes what ctest reads for the cases of a Catch2 program that SPEC selects: one test for each source file with any.
#
#   cmake -D PROGRAM=... -D SPEC=... -D PREFIX=... -D LIST=<variable> -D PROPERTIES=... -D OUTPUT=... -P by_file.cmake
cmake_minimum_required(VERSION 3.25)

execute_process(COMMAND "${PROGRAM}" --filenames-as-tags --list-tags "${SPEC}" OUTPUT_VARIABLE tags)
string(REGEX MATCHALL "#[^]]+" files "${tags}")
if(files STREQUAL "")
  message(FATAL_ERROR "${PROGRAM} has no cases ${SPEC}:\n${tags}")
endif()

list(JOIN PROPERTIES " " properties)
set(script "")
set(tests "")
foreach(file IN LISTS files)
  string(SUBSTRING "${file}" 1 -1 name)
  set(test "${PREFIX}${name}.cpp")
  string(REPLACE "," "[${file}]," spec "${SPEC}[${file}]")  # of each alternative
  string(APPEND script
    "add_test([==[${test}]==] [==[${PROGRAM}]==] --filenames-as-tags --warn NoTests [==[${spec}]==])\n"
    "set_tests_properties([==[${test}]==] PROPERTIES ${properties})\n")
  string(APPEND tests " [==[${test}]==]")
endforeach()
file(WRITE "${OUTPUT}" "${script}set(${LIST}${tests})\n")
