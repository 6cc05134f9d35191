// Everything. `tn` is the short name that the examples use.
#pragma once

#include "tenon/binding.h"
#include "tenon/checkpoint.h"
#include "tenon/dataset.h"
#include "tenon/error.h"
#include "tenon/graph.h"
#include "tenon/import_graph.h"
#include "tenon/initialize.h"
#include "tenon/initializers.h"
#include "tenon/json.h"
#include "tenon/layers.h"
#include "tenon/meta_graph.h"
#include "tenon/nn.h"
#include "tenon/object_checkpoint.h"
#include "tenon/ops.h"
#include "tenon/partitioned_variable.h"
#include "tenon/restore.h"
#include "tenon/saveable.h"
#include "tenon/saved_model.h"
#include "tenon/saver.h"
#include "tenon/session.h"
#include "tenon/tensor.h"
#include "tenon/train.h"

namespace tn = tenon;
