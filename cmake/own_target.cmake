# What the project's own programs are compiled with: tests, examples and benchmarks, never the library's users.
# `cmake --compile-no-warning-as-error` leaves the warnings as warnings.
function(varve_own_target target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
  set_target_properties(${target} PROPERTIES COMPILE_WARNING_AS_ERROR ON CXX_EXTENSIONS OFF)
endfunction()
