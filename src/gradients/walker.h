// The walk back through a graph: it knows no op.
#pragma once

#include <vector>

#include "gradients/gradient.h"

namespace tenon {

struct WalkOptions {
  std::vector<Gradient> grad_ys;        // empty: ones
  std::vector<Node*> stop_gradients;
  bool gate = false;                    // all gradients of an operation's inputs at once (GATE_OP)
  std::string_view name = {};           // "" = "gradients"
};

// tf.gradients: d(sum of ys)/dx for each x; none where ys do not depend on it.
Gradients walk_back(const std::vector<Output>& ys, const std::vector<Output>& xs, const WalkOptions& options);

}  // namespace tenon
