# What the project's own programs are compiled with: tests, examples and benchmarks, never the library's users.
# `cmake --compile-no-warning-as-error` leaves the warnings as warnings.
function(varve_own_target target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)  # g++ 12 warns at -O2 of texts put together with + (its bug 105651)
  set_target_properties(${target} PROPERTIES COMPILE_WARNING_AS_ERROR ON CXX_EXTENSIONS OFF)
endfunction()
