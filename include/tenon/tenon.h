// Everything. `tn` is the short name that the examples use.
#pragma once

#include "tenon/error.h"
#include "tenon/graph.h"
#include "tenon/session.h"
#include "tenon/tensor.h"

namespace tn = tenon;
