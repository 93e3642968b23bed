# Tests rooms.cmake on small trees in FOLDER: one that is right, and each kind of mistake.
cmake_minimum_required(VERSION 3.25)

function(check tree)
  execute_process(
    COMMAND "${CMAKE_COMMAND}" -D "INCLUDE=${FOLDER}/${tree}/varve" -P "${CMAKE_CURRENT_LIST_DIR}/rooms.cmake"
    RESULT_VARIABLE result OUTPUT_VARIABLE out ERROR_VARIABLE err)
  string(REGEX REPLACE "[ \n]+" " " text "${out} ${err}")  # CMake wraps long lines
  set(result ${result} PARENT_SCOPE)
  set(text "${text}" PARENT_SCOPE)
endfunction()

# write_tree(NAME): core <- entity <- varve.hpp, and a backend
function(write_tree tree)
  file(REMOVE_RECURSE "${FOLDER}/${tree}")
  file(WRITE "${FOLDER}/${tree}/varve/core/a.hpp" "#pragma once\n#include <string>\n")
  file(WRITE "${FOLDER}/${tree}/varve/entity/b.hpp" "#pragma once\n#include \"varve/core/a.hpp\"\n#include <vector>\n")
  file(WRITE "${FOLDER}/${tree}/varve/entity/detail/c.hpp" "#pragma once\n#include \"varve/entity/b.hpp\"\n")
  file(WRITE "${FOLDER}/${tree}/varve/sql/d.hpp" "#pragma once\n#include <varve/entity/b.hpp>\n")
  file(WRITE "${FOLDER}/${tree}/varve/backend/e.hpp" "#pragma once\n#include \"varve/core/a.hpp\"\n#include <sqlite3.h>\n")
  file(WRITE "${FOLDER}/${tree}/varve/varve.hpp" "#pragma once\n#include \"varve/entity/b.hpp\"\n")
endfunction()

write_tree(right)
check(right)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "rooms.cmake refuses a tree that is right:\n${text}")
endif()

# refuses(NAME FILE LINE MESSAGE): the right tree with one more line is refused with that message
function(refuses tree file line expected)
  write_tree(${tree})
  file(APPEND "${FOLDER}/${tree}/varve/${file}" "${line}\n")
  check(${tree})
  if(result EQUAL 0)
    message(FATAL_ERROR "rooms.cmake accepts ${file} with ${line}")
  endif()
  string(FIND "${text}" "${expected}" place)
  if(place EQUAL -1)
    message(FATAL_ERROR "rooms.cmake says for ${file} with ${line}:\n${text}\nand not: ${expected}")
  endif()
endfunction()

refuses(upwards core/a.hpp [[#include "varve/entity/b.hpp"]] "core/a.hpp includes varve/entity/b.hpp: core must not know entity")
refuses(detail entity/detail/c.hpp [[  #  include <varve/sql/d.hpp>]] "entity must not know sql")
refuses(sideways backend/e.hpp [[#include "varve/session/f.hpp"]] "backend must not know session")
refuses(umbrella varve.hpp [[#include "varve/sql/d.hpp"]] "umbrella must not know sql")
refuses(umbrella_user sql/d.hpp [[#include "varve/varve.hpp"]] "sql/d.hpp includes the umbrella")
refuses(absent entity/b.hpp [[#include "varve/core/none.hpp"]] "varve/core/none.hpp, which does not exist")
refuses(relative entity/b.hpp [[#include "../core/a.hpp"]] "write own headers as")
refuses(new_room attic/g.hpp "" "attic/g.hpp stands in no room")
refuses(top_level more.hpp "" "more.hpp stands in no room")
refuses(sqlite sql/d.hpp [[#include <sqlite3.h>]] "only backend may")
refuses(dear core/a.hpp [[#include <iostream>]] "costs too much compile time")

file(REMOVE_RECURSE "${FOLDER}/empty")
file(MAKE_DIRECTORY "${FOLDER}/empty/varve")
check(empty)
if(result EQUAL 0)
  message(FATAL_ERROR "rooms.cmake accepts a tree without headers")
endif()
