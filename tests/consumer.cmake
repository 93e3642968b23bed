# Uses varve as a project of its users does.
#
#   DO=install   installs varve into FOLDER/prefix and checks that every header arrived, of databases those of DATABASES
#   DO=use       configures, builds and runs the project PROJECT with COMPONENT, which may be empty
#   DO=refuse    asks find_package for COMPONENT where no database's client can be found: fails with the message EXPECT
cmake_minimum_required(VERSION 3.25)

unset(ENV{DESTDIR})
set(prefix "${FOLDER}/prefix")

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE text)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "failed: ${command}\n${text}")
  endif()
endfunction()

if(DO STREQUAL "install")
  file(REMOVE_RECURSE "${prefix}")
  run("${CMAKE_COMMAND}" --install "${VARVE_BINARY}" --prefix "${prefix}")
  file(GLOB_RECURSE expected RELATIVE "${VARVE_SOURCE}/include" "${VARVE_SOURCE}/include/*")
  file(GLOB_RECURSE installed RELATIVE "${prefix}/include" "${prefix}/include/*")
  string(REPLACE "," ";" databases "${DATABASES}")
  foreach(header IN LISTS expected)
    if(header MATCHES "/backend/(detail/)?(compiled_)?([a-z]+)[_.]" AND NOT CMAKE_MATCH_3 IN_LIST databases)
      list(REMOVE_ITEM expected "${header}")
    endif()
  endforeach()
  list(REMOVE_ITEM expected ${installed})
  if(expected OR NOT installed)
    list(JOIN expected "\n" expected)
    message(FATAL_ERROR "not installed:\n${expected}")
  endif()
  return()
endif()

set(configure "${CMAKE_COMMAND}" -G "${GENERATOR}" -D "CMAKE_CXX_COMPILER=${COMPILER}"
  -D "CMAKE_CXX_FLAGS=${COMPILER_FLAGS}")  # an installed library may need them (sanitizers)
if(LAUNCHER)
  string(REPLACE ";" "\\;" launcher "${LAUNCHER}")
  list(APPEND configure -D "CMAKE_CXX_COMPILER_LAUNCHER=${launcher}")
endif()

set(without_clients -D CMAKE_DISABLE_FIND_PACKAGE_SQLite3=ON -D CMAKE_DISABLE_FIND_PACKAGE_PostgreSQL=ON
  -D CMAKE_DISABLE_FIND_PACKAGE_MariaDB=ON)

if(DO STREQUAL "refuse")
  set(binary "${FOLDER}/refuse_${COMPONENT}")
  file(REMOVE_RECURSE "${binary}")
  execute_process(
    COMMAND ${configure} -S "${VARVE_SOURCE}/tests/consumer/find_package" -B "${binary}" -D "CMAKE_PREFIX_PATH=${prefix}"
            -D "COMPONENT=${COMPONENT}" ${without_clients}
    RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE text)
  string(REGEX REPLACE "[ \n]+" " " flat "${text}")  # CMake wraps long lines
  string(FIND "${flat}" "${EXPECT}" place)
  if(result EQUAL 0 OR place EQUAL -1)
    message(FATAL_ERROR "no message: ${EXPECT}\nresult ${result}: ${text}")
  endif()
elseif(DO STREQUAL "use")
  set(binary "${FOLDER}/${PROJECT}")
  list(APPEND configure -S "${VARVE_SOURCE}/tests/consumer/${PROJECT}")
  if(PROJECT STREQUAL "find_package")
    list(APPEND configure -D "CMAKE_PREFIX_PATH=${prefix}")
  else()
    list(APPEND configure -D "VARVE_SOURCE=${VARVE_SOURCE}")
  endif()
  if(COMPONENT)
    string(APPEND binary "_${COMPONENT}")
    list(APPEND configure -D "COMPONENT=${COMPONENT}")
  else()
    list(APPEND configure ${without_clients})  # the core must not look for them
  endif()
  file(REMOVE_RECURSE "${binary}")
  run(${configure} -B "${binary}")
  run("${CMAKE_COMMAND}" --build "${binary}")
  run("${binary}/consumer")
else()
  message(FATAL_ERROR "DO must be install, use or refuse")
endif()
