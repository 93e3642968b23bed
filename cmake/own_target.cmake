# What the project's own programs are compiled with: tests, examples and benchmarks, never the library's users.
# `cmake --compile-no-warning-as-error` leaves the warnings as warnings.
function(varve_own_target target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
    # From -O2 on g++ 12 warns of std::string's own copying where texts are put together or given (its bugs 105329, 105651).
    "$<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-array-bounds;-Wno-stringop-overflow;-Wno-stringop-overread>")
  set_target_properties(${target} PROPERTIES COMPILE_WARNING_AS_ERROR ON CXX_EXTENSIONS OFF)
endfunction()
