// SavedModels, for the interop suite: the same graphs as test_saved_model.py makes in TensorFlow.
//
// usage: saved_model_files simple FOLDER            what simple_save writes of y = x * w + b
//        saved_model_files plain FOLDER             y = x + 1, which has no variables
//        saved_model_files builder FOLDER ASSET     two graphs: {train, gpu}, which notes the path of its asset, and
//        {serve} saved_model_files run FOLDER TAG... SIGNATURE      prints the outputs for x = [[1, 2]] as JSON
#include <cstdio>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tenon/tenon.h"

namespace {

using Arguments = std::vector<std::string>;

struct Model {
  tn::Graph graph;
  tn::Output x = tn::placeholder(graph, tn::float32, {-1, 2}, "x");
  tn::Variable w = tn::variable(graph, tn::Tensor({2, 2}, {.5f, 1.f, -2.f, 4.f}), "w");
  tn::Variable b = tn::variable(graph, tn::Tensor({2}, {10.f, 20.f}), "b");
  tn::Output y = tn::add(tn::matmul(x, w), b, "y");
};

void simple(const Arguments& arguments) {
  Model model;
  tn::Session session(model.graph);
  session.run(model.graph.global_variables_initializer());
  tn::simple_save(session, arguments[0], {{"input", model.x}}, {{"output", model.y}, {"second", model.x}});
}

void plain(const Arguments& arguments) {
  tn::Graph graph;
  const tn::Output x = tn::placeholder(graph, tn::int32, tn::PartialShape::scalar(), "x");
  const tn::Output y = tn::add(x, tn::Tensor(1), "y");
  tn::Session session(graph);
  tn::simple_save(session, arguments[0], {{"x", x}}, {{"y", y}});
}

void build(const Arguments& arguments) {
  tn::SavedModelBuilder builder(arguments[0]);
  Model model;
  const tn::Output asset = tn::constant(model.graph, tn::Tensor(arguments[1]), "asset");
  const tn::Variable where = tn::variable(model.graph, tn::Tensor(""), "where");
  const tn::Operation loaded = tn::assign(where, asset, "loaded").op();
  tn::Session session(model.graph);
  session.run(model.graph.global_variables_initializer());
  const tn::Signatures signatures = {{"one", {.inputs = {{"x", model.x}}, .outputs = {{"y", model.y}}}}};
  builder.add_meta_graph_and_variables(session, {"train", "gpu"},
                                       {.signatures = signatures, .assets = {asset}, .main_op = loaded});
  Model other;
  builder.add_meta_graph(other.graph, {"serve"}, {.signatures = signatures, .strip_default_attrs = true});
  builder.save();
}

void run(const Arguments& arguments) {
  tn::Graph graph;
  tn::Session session(graph);
  const auto model = tn::load_saved_model(session, arguments[0], {arguments.begin() + 1, arguments.end() - 1});
  const tn::Signature& signature = model.signature(arguments.back());
  nlohmann::json result = nlohmann::json::object();
  for (const auto& [key, tensor] : signature.outputs) {
    const tn::Tensor value =
        session.run(graph.tensor(tensor.name),
                    {{graph.tensor(signature.inputs.begin()->second.name), tn::Tensor({1, 2}, {1.f, 2.f})}});
    for (const float number : value.flat<float>()) result[key].push_back(number);
  }
  std::puts(result.dump().c_str());
}

}  // namespace

int main(int count, char** arguments) try {
  const std::map<std::string, std::function<void(const Arguments&)>> commands = {
      {"simple", simple}, {"plain", plain}, {"builder", build}, {"run", run}};
  const Arguments all(arguments + 1, arguments + count);
  const auto command = all.size() < 2 ? commands.end() : commands.find(all[0]);
  if (command == commands.end()) {
    std::fputs("usage: saved_model_files simple|builder|run FOLDER ...\n", stderr);
    return 2;
  }
  command->second({all.begin() + 1, all.end()});
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
