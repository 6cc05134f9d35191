#include "gradients/walker.h"
#include "tenon/train.h"

#include "gradients/gradient_ops.h"

namespace tenon::train {

std::vector<Output> gradients(const std::vector<Output>& ys, const std::vector<Target>& xs,
                              const GradientsOptions& options) {
  std::vector<Output> targets;
  for (const Target& x : xs) targets.push_back(x.output());
  WalkOptions walk;
  for (const Output& grad_y : options.grad_ys) walk.grad_ys.push_back(grad_y.bound() ? Gradient(grad_y) : Gradient());
  for (const Output& stop : options.stop_gradients) walk.stop_gradients.push_back(stop.op().node());
  walk.gate = options.gate_gradients;
  walk.name = options.name;
  std::vector<Output> result;
  for (const Gradient& gradient : walk_back(ys, targets, walk))
    result.push_back(gradient ? dense(gradient) : Output());
  return result;
}

}  // namespace tenon::train
