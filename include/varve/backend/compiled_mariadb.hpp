#pragma once

/// What `varve/compiled.hpp` is for the core: the bodies of the MariaDB backend, for one source file.

#ifndef VARVE_COMPILED
#error "varve: define VARVE_COMPILED for every file of the program, then include this header in one of them"
#endif

#include "varve/backend/detail/mariadb_impl.hpp"
