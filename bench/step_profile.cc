// Where the time of a training step goes: the steps of the plan, the slowest first.
//
// usage: step_profile PREFIX BATCHES.npz [STEPS]     as mnist_step
#include <algorithm>
#include <cstdio>
#include <vector>

#include "formats/npz/npz.h"
#include "runtime/session_impl.h"
#include "tenon/saver.h"
#include "tenon/tenon.h"

int main(int argc, char** argv) try {
  if (argc < 3) return std::fputs("usage: step_profile PREFIX BATCHES.npz [STEPS]\n", stderr), 2;
  const std::string prefix = argv[1];
  const int steps = argc > 3 ? std::stoi(argv[3]) : 50;
  tn::Graph graph;
  tn::Saver saver = tn::import_meta_graph(graph, prefix + ".meta");
  tn::Session session(graph);
  saver.restore(session, prefix);
  const auto arrays = tn::read_npz(argv[2]);
  const tn::Tensor images = arrays.at("images").slice0(0, 1), labels = arrays.at("labels").slice0(0, 1);
  const auto without_first = [](const tn::Tensor& t) {
    return t.reshaped(tn::Shape(std::span<const std::int64_t>(t.shape().data() + 1, t.shape().rank() - 1)));
  };
  const tn::Feeds feeds{{graph.tensor("iter_next:0"), without_first(images)},
                        {graph.tensor("iter_next:1"), without_first(labels)}};
  const auto train = [&](int count) {
    for (int i = 0; i < count; ++i) session.run({graph.tensor("Mean_1:0")}, feeds, {graph.operation("Adam")});
  };
  train(10);
  tn::Profile profile;
  session.impl().profile(&profile);
  train(steps);
  std::vector<tn::StepTime> times;
  double total = 0;
  for (const auto& [step, time] : profile) {
    times.push_back(time);
    total += time.seconds;
  }
  std::sort(times.begin(), times.end(), [](const auto& a, const auto& b) { return a.seconds > b.seconds; });
  std::printf("%10.3f ms a step, %zu steps\n", total / steps * 1e3, times.size());
  for (const tn::StepTime& time : times) {
    std::printf("%10.3f ms  %-40s %s\n", time.seconds / steps * 1e3, time.type.c_str(), time.name.c_str());
  }
} catch (const std::exception& error) {
  std::fprintf(stderr, "step_profile: %s\n", error.what());
  return 1;
}
