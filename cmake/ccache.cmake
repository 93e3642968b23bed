# Compile through ccache where it is installed. The presets name this file; the library's users never see it.
# Paths below the source folder are made relative, so that one clone profits from what another has compiled.
if(NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(VARVE_CCACHE ccache)
  mark_as_advanced(VARVE_CCACHE)
  if(VARVE_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros  # what ccache's manual asks for with precompiled headers
      "${VARVE_CCACHE}")
  endif()
endif()
