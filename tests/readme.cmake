# The README's program is the one that the tests build and run: examples/01_readme.cpp.
#   cmake -DREADME=README.md -DPROGRAM=examples/01_readme.cpp -P readme.cmake
file(READ "${README}" readme)
file(READ "${PROGRAM}" program)
string(FIND "${readme}" "```cpp\n" begin)
math(EXPR begin "${begin} + 7")
string(SUBSTRING "${readme}" ${begin} -1 rest)
string(FIND "${rest}" "```" length)
string(SUBSTRING "${rest}" 0 ${length} shown)
string(FIND "${program}" "${shown}" place)
if(place EQUAL -1)
  message(FATAL_ERROR "The first program of ${README} does not stand in ${PROGRAM}")
endif()
