// Everything. `tn` is the short name that the examples use.
#pragma once

#include "tenon/binding.h"
#include "tenon/dataset.h"
#include "tenon/error.h"
#include "tenon/graph.h"
#include "tenon/initializers.h"
#include "tenon/json.h"
#include "tenon/layers.h"
#include "tenon/nn.h"
#include "tenon/ops.h"
#include "tenon/saver.h"
#include "tenon/session.h"
#include "tenon/tensor.h"
#include "tenon/train.h"

namespace tn = tenon;
