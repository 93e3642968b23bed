// pipeline_without_a_stage.cpp   expect: varve: the pipeline of a save runs make_baselines
#include "varve/capture/pipeline.hpp"

#ifdef VARVE_EXPECT_ERROR
using stages = varve::pipeline<varve::make_baselines, varve::make_shadow_rows>;
#else
using stages = varve::pipeline<varve::make_baselines, varve::make_shadow_rows, varve::make_change_log>;
#endif
static_assert(sizeof(stages) == 1);
