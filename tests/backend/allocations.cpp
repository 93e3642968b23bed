// For all sources of this program: the tests that let allocations fail.
#include "support/replaced_new.hpp"
