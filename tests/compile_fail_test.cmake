# Tests compile_fail.cmake on small files in FOLDER: one that is right, and each kind of mistake.
cmake_minimum_required(VERSION 3.25)

# check(NAME MODE EXPECTED CONTENT): EXPECTED is a part of the failure's message, empty where it must not fail
function(check name mode expected content)
  set(source "${FOLDER}/${name}.cpp")
  file(WRITE "${source}" "${content}")
  execute_process(
    COMMAND "${CMAKE_COMMAND}" -D "COMPILER=${COMPILER}" -D "FLAGS=${FLAGS}" -D "SOURCE=${source}" -D "MODE=${mode}"
            -P "${CMAKE_CURRENT_LIST_DIR}/compile_fail.cmake"
    RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE text)
  string(REGEX REPLACE "[ \n]+" " " text "${text}")  # CMake wraps long lines
  if(expected STREQUAL "" AND NOT result EQUAL 0)
    message(FATAL_ERROR "compile_fail.cmake refuses ${name} (${mode}):\n${text}")
  elseif(NOT expected STREQUAL "")
    string(FIND "${text}" "${expected}" place)
    if(result EQUAL 0 OR place EQUAL -1)
      message(FATAL_ERROR "compile_fail.cmake does not say for ${name} (${mode}): ${expected}\nresult ${result}: ${text}")
    endif()
  endif()
endfunction()

set(mistake [[
#ifdef VARVE_EXPECT_ERROR
static_assert(sizeof(int) == 0, "varve: an int has a size; leave it alone");
#endif
]])
check(right compiles "" "// right.cpp   expect: an int has a size; leave it alone\n${mistake}")
check(right speaks "" "// right.cpp   expect: an int has a size; leave it alone\n${mistake}")
check(other_sentence speaks "does not print the sentence" "// other_sentence.cpp   expect: an int has no size\n${mistake}")
check(quoted_source speaks "does not print the sentence"
  "// quoted_source.cpp   expect: an int has no size\n#ifdef VARVE_EXPECT_ERROR\nint f = \"an int has no size\";\n#endif\n")
check(no_error speaks "compiles with VARVE_EXPECT_ERROR" "// no_error.cpp   expect: an int has a size\nint f();\n")
check(always_wrong compiles "does not compile without VARVE_EXPECT_ERROR" "// always_wrong.cpp   expect: x\nint f() {\n")
check(no_sentence speaks "the first line must be" "${mistake}")
check(other_name speaks "the first line must be" "// right.cpp   expect: an int has a size\n${mistake}")
