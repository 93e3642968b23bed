# Writes what ctest reads for the cases of a Catch2 program that SPEC selects: one test for each source file with any.
#
#   cmake -D PROGRAM=... -D SPEC=... -D PREFIX=... -D LIST=<variable> -D PROPERTIES=... -D OUTPUT=... -P by_file.cmake
cmake_minimum_required(VERSION 3.25)

# Of each file the alternatives of SPEC that select any of its cases: one that selects none would be a failure.
set(files "")
string(REPLACE "," ";" alternatives "${SPEC}")
foreach(alternative IN LISTS alternatives)
  execute_process(COMMAND "${PROGRAM}" --filenames-as-tags --list-tags "${alternative}" OUTPUT_VARIABLE tags)
  string(REGEX MATCHALL "#[^]]+" found "${tags}")
  foreach(file IN LISTS found)
    list(APPEND files "${file}")
    string(APPEND spec_of_${file} ",${alternative}[${file}]")
  endforeach()
endforeach()
if(files STREQUAL "")
  message(FATAL_ERROR "${PROGRAM} has no cases ${SPEC}")
endif()
list(REMOVE_DUPLICATES files)
list(SORT files)

list(JOIN PROPERTIES " " properties)
set(script "")
set(tests "")
foreach(file IN LISTS files)
  string(SUBSTRING "${file}" 1 -1 name)
  set(test "${PREFIX}${name}.cpp")
  string(SUBSTRING "${spec_of_${file}}" 1 -1 spec)
  string(APPEND script
    "add_test([==[${test}]==] [==[${PROGRAM}]==] --filenames-as-tags --warn NoTests [==[${spec}]==])\n"
    "set_tests_properties([==[${test}]==] PROPERTIES ${properties})\n")
  string(APPEND tests " [==[${test}]==]")
endforeach()
file(WRITE "${OUTPUT}" "${script}set(${LIST}${tests})\n")
