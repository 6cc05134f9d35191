// Savers over variables of all kinds, for the interop suite: the graphs of test_saver_options.py.
//
// usage: saver_options save FORM PREFIX               makes the graph, sets and saves it with its meta graph
//        saver_options restore FORM PREFIX            prints {"name": [values]} after restoring
//        saver_options init_from META CHECKPOINT      writes a graph whose initialisers read the checkpoint
#include <cstdio>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "tenon/tenon.h"

namespace {

using Values = std::vector<float>;

tn::Variable filled(tn::Graph& graph, const std::string& name, const tn::Shape& shape, const Values& values,
                    const tn::InitialValueOptions& options = {}) {
  return tn::variable(graph, tn::Tensor(shape, values), name, options);
}

tn::Saver resources(tn::Graph& graph) {
  filled(graph, "a", {2}, {1, 2}, {.use_resource = true});
  filled(graph, "b", {}, {3}, {.trainable = false, .use_resource = true});
  filled(graph, "v", {1}, {4});
  return tn::Saver(graph);
}

tn::Saver pieces(tn::Graph& graph, bool use_resource, const tn::SaverOptions& options = {}) {
  const tn::Output value = tn::constant(graph, tn::Tensor({5, 2}, Values{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}), "value");
  tn::get_variable("w", value, tn::fixed_size_partitioner(3), {.use_resource = use_resource});
  filled(graph, "v", {1}, {4});
  return tn::Saver(graph, options);
}

// Two values in no collection, as one object.
tn::Saver object(tn::Graph& graph) {
  const tn::InitialValueOptions hidden{.trainable = false, .collections = {"local_variables"}};
  const tn::Variable keys = filled(graph, "pair/keys", {2}, {1, 2}, hidden),
                     values = filled(graph, "pair/values", {2}, {3, 4}, hidden);
  const tn::Output saved_keys = tn::identity(keys), saved_values = tn::identity(values);
  filled(graph, "v", {1}, {4});
  tn::add_saveable_object(graph,
                          {.name = "pair",
                           .op = keys.handle,
                           .specs = {{"pair-keys", saved_keys}, {"pair-values", saved_values}},
                           .restore = [=](const std::vector<tn::Output>& restored, const std::vector<tn::Ints>&) {
                             const tn::Operation first = tn::assign(keys, restored[0]).op();
                             return tn::group({first, tn::assign(values, restored[1]).op()});
                           }});
  return tn::Saver(graph);
}

const std::map<std::string, std::function<tn::Saver(tn::Graph&)>> forms = {
    {"resources", resources},
    {"pieces", [](tn::Graph& graph) { return pieces(graph, false); }},
    {"resource_pieces", [](tn::Graph& graph) { return pieces(graph, true); }},
    {"sharded_pieces", [](tn::Graph& graph) { return pieces(graph, false, {.sharded = true}); }},
    {"reshape", [](tn::Graph& graph) { return pieces(graph, false, {.reshape = true}); }},
    {"object", object},
};

std::vector<tn::Variable> variables(const tn::Graph& graph) {
  std::vector<tn::Variable> all = graph.global_variables();
  for (const tn::Variable& variable : graph.local_variables()) all.push_back(variable);
  return all;
}

void save(const std::string& form, const std::string& prefix) {
  tn::Graph graph;
  tn::Saver saver = forms.at(form)(graph);
  tn::Session session(graph);
  tn::init_uninitialized(session);
  saver.save(session, prefix);
}

void restore(const std::string& form, const std::string& prefix) {
  tn::Graph graph;
  tn::Saver saver = forms.at(form)(graph);
  tn::Session session(graph);
  saver.restore(session, prefix);
  nlohmann::json result = nlohmann::json::object();
  for (const tn::Variable& variable : variables(graph)) {
    const tn::Tensor value = session.run(variable);
    const auto values = value.flat<float>();
    result[variable.handle.op().name()] = Values(values.begin(), values.end());
  }
  std::puts(result.dump().c_str());
}

void init_from(const std::string& meta, const std::string& checkpoint) {
  tn::Graph graph;
  pieces(graph, false);
  tn::get_variable(graph, "r", {2}, {.use_resource = true});
  tn::init_from_checkpoint(graph, checkpoint, {{"stored/", "/"}});
  graph.global_variables_initializer();
  tn::report_uninitialized_variables(graph);
  tn::export_meta_graph(graph, meta);
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string command = argc == 4 || argc == 5 ? argv[1] : "";
  if (command == "save" && argc == 4) return save(argv[2], argv[3]), 0;
  if (command == "restore" && argc == 4) return restore(argv[2], argv[3]), 0;
  if (command == "init_from" && argc == 4) return init_from(argv[2], argv[3]), 0;
  std::fputs("usage: saver_options save|restore FORM PREFIX, or saver_options init_from META CHECKPOINT\n", stderr);
  return 2;
} catch (const tn::Error& error) {
  std::fprintf(stderr, "saver_options: %s: %s\n", std::string(tn::code_name(error.code())).c_str(), error.what());
  return 1;
}
