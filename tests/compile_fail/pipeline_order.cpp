// pipeline_order.cpp   expect: varve: the pipeline of a save runs make_baselines, then make_shadow_rows, then
#include "varve/capture/pipeline.hpp"

#ifdef VARVE_EXPECT_ERROR
using stages = varve::pipeline<varve::make_shadow_rows, varve::make_baselines, varve::make_change_log>;
#else
using stages = varve::pipeline<varve::make_baselines, varve::make_shadow_rows, varve::make_change_log>;
#endif
static_assert(sizeof(stages) == 1);
