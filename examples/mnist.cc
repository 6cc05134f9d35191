// The MNIST example: from data to a bound, restored, evaluated model.
//
// usage: mnist DIGITS PREFIX [STEPS]     trains on the idx files in DIGITS, saves PREFIX.* and binding.json beside it
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "example.h"
#include "mnist_model.h"

namespace {

namespace tn = tenon;
using mnist::Mnist;

// Images in [0, 1] and labels; part is "train" or "t10k".
std::pair<tn::Tensor, tn::Tensor> digits(const std::string& folder, const std::string& part) {
  return {tn::read_images(folder + "/" + part + "-images-idx3-ubyte.gz"),
          tn::read_idx(folder + "/" + part + "-labels-idx1-ubyte.gz")};
}

tn::Json train_and_save(const std::string& folder, const std::string& prefix, int steps) {
  tn::Graph graph;
  mnist::Program program{graph};
  tn::Session session(graph);
  session.run(graph.global_variables_initializer());
  auto [images, labels] = digits(folder, "train");
  session.run(program.train_init, {{program.x, images}, {program.y, labels}});
  for (int step = 0; step < steps; ++step) {
    auto [accuracy] = session.run({program.model.accuracy}, {}, {program.model.train_step});
    if (step % 15 == 0) std::cout << accuracy.scalar<float>() << '\n';
  }
  tn::Saver(graph).save(session, prefix);
  return tn::to_graph(program.model);
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

void run(const std::vector<std::string>& arguments) {
  const std::string &folder = arguments.at(0), &prefix = arguments.at(1);
  const tn::Json fields = train_and_save(folder, prefix, arguments.size() > 2 ? std::stoi(arguments[2]) : 150);
  std::ofstream(std::filesystem::path(prefix).parent_path() / "binding.json") << fields << '\n';
  std::cout << fields << '\n';
  restore_and_test(folder, prefix, fields);
}

}  // namespace

int main(int argc, char** argv) { return example::main(argc, argv, "mnist DIGITS PREFIX [STEPS]", 2, run); }
