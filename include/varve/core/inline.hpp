#pragma once

/// What plain functions are declared with whose bodies stand in a header of their own (`detail/*_impl.hpp`).
///
/// Header-only, which is the default, they are `inline` and their bodies are included with them. With `VARVE_COMPILED`
/// defined they are ordinary functions of a library: one source file includes `varve/compiled.hpp`, and all others read
/// declarations only.
#ifdef VARVE_COMPILED
#define VARVE_INLINE
#else
#define VARVE_INLINE inline
#endif
