// Training steps of the MNIST example, from a model that TensorFlow or tenon saved.
//
// usage: mnist_step PREFIX BATCHES.npz     images [N,64,28,28] and labels [N,64]: step i trains on batch i modulo N
#include <cstdio>

#include "formats/npz/npz.h"
#include "line_protocol.h"
#include "tenon/saver.h"
#include "tenon/tenon.h"

namespace {

tn::Tensor batch(const tn::Tensor& all, std::int64_t i) {
  std::vector<std::int64_t> dims(all.shape().begin() + 1, all.shape().end());
  return all.slice0(i, i + 1).reshaped(tn::Shape(dims));
}

int serve(const std::string& prefix, const std::string& batches) {
  tn::Graph graph;
  tn::Saver saver = tn::import_meta_graph(graph, prefix + ".meta");
  tn::Session session(graph);
  saver.restore(session, prefix);

  const auto arrays = tn::read_npz(batches);
  const tn::Tensor images = arrays.at("images"), labels = arrays.at("labels");
  const tn::Output loss = graph.tensor("Mean_1:0"), x = graph.tensor("iter_next:0"), y = graph.tensor("iter_next:1");
  const tn::Operation train_step = graph.operation("Adam");

  std::int64_t done = 0;
  return tn::bench::serve([&](int steps) {
    float value = 0;
    for (int i = 0; i < steps; ++i, ++done) {
      const std::int64_t next = done % images.shape()[0];
      const auto [now] = session.run({loss}, {{x, batch(images, next)}, {y, batch(labels, next)}}, {train_step});
      value = now.scalar<float>();
    }
    return value;
  });
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc == 3) return serve(argv[1], argv[2]);
  std::fputs("usage: mnist_step PREFIX BATCHES.npz\n", stderr);
  return 2;
} catch (const std::exception& error) {
  std::fprintf(stderr, "mnist_step: %s\n", error.what());
  return 1;
}
