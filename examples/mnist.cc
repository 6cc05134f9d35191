// The MNIST example: from data to a bound, restored, evaluated model.
//
// usage: mnist DIGITS PREFIX [STEPS]     trains on the idx files in DIGITS, saves PREFIX.* and binding.json beside it
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "mnist_model.h"

namespace {

namespace tn = tenon;
using mnist::Mnist;

// Images in [0, 1] and labels; part is "train" or "t10k".
std::pair<tn::Tensor, tn::Tensor> digits(const std::string& folder, const std::string& part) {
  tn::Tensor pixels = tn::read_idx(folder + "/" + part + "-images-idx3-ubyte.gz");
  tn::Tensor images(tn::float32, pixels.shape());
  for (std::int64_t i = 0; i < pixels.elements(); ++i) images.at<float>(i) = pixels.at<std::uint8_t>(i) / 255.f;
  return {images, tn::read_idx(folder + "/" + part + "-labels-idx1-ubyte.gz")};
}

tn::Json train_and_save(const std::string& folder, const std::string& prefix, int steps) {
  tn::Graph graph;
  auto [x, y, train_init, test_init, model] = mnist::make_program(graph);
  tn::Session session(graph);
  session.run(graph.global_variables_initializer());
  auto [images, labels] = digits(folder, "train");
  session.run(train_init, {{x, images}, {y, labels}});
  for (int step = 0; step < steps; ++step) {
    auto [accuracy] = session.run({model.accuracy}, {}, {model.train_step});
    if (step % 15 == 0) std::cout << accuracy.scalar<float>() << '\n';
  }
  tn::Saver(graph).save(session, prefix);
  return tn::to_graph(model);
}

void restore_and_test(const std::string& folder, const std::string& prefix, const tn::Json& fields) {
  tn::Graph graph;
  tn::Saver saver = tn::import_meta_graph(graph, prefix + ".meta");
  tn::Session session(graph);
  saver.restore(session, prefix);
  Mnist model;
  try {
    std::cout << model.accuracy.name() << '\n';
  } catch (const tn::Error& error) {
    std::cout << error.what() << '\n';
  }
  tn::from_graph(model, fields, graph);
  auto [images, labels] = digits(folder, "t10k");
  auto [accuracy] = session.run({model.accuracy}, {{graph.tensor("iter_next:0"), images},
                                                   {graph.tensor("iter_next:1"), labels}});
  std::cout << "test accuracy " << accuracy.scalar<float>() << '\n';
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 3) return std::cerr << "usage: mnist DIGITS PREFIX [STEPS]\n", 2;
  const std::string folder = argv[1], prefix = argv[2];
  const tn::Json fields = train_and_save(folder, prefix, argc > 3 ? std::stoi(argv[3]) : 150);
  std::ofstream(std::filesystem::path(prefix).parent_path() / "binding.json") << fields << '\n';
  std::cout << fields << '\n';
  restore_and_test(folder, prefix, fields);
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
