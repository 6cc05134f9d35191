// Plays tf.import_graph_def with tenon, for test_import_graph.py.
//
// usage: import_graphs JOB.json GRAPH.meta    imports the graphs of the job one after the other, writes what came of it
//
// A job is a list of imports: {"graph": PATH, "name", "input_map": {KEY: OUTPUT}, "return_elements": [...],
// "producer_op_list": PATH, "scope", "device", "control": [OPERATION...]}; all but "graph" may be left out. Prints a
// list with the names of what each returned, or {"code", "error"}.
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tenon/tenon.h"

namespace {

using nlohmann::json;

tn::ImportGraphDefOptions options_of(const tn::Graph& graph, const json& job) {
  tn::ImportGraphDefOptions options;
  options.name = job.value("name", "import");
  options.producer_op_list_path = job.value("producer_op_list", "");
  if (job.contains("return_elements")) options.return_elements = job["return_elements"];
  if (job.contains("input_map")) {
    for (const auto& [key, name] : job["input_map"].items()) options.input_map[key] = graph.tensor(std::string(name));
  }
  return options;
}

json names(const std::vector<tn::GraphElement>& elements) {
  json result = json::array();
  for (const tn::GraphElement& element : elements) {
    result.push_back(std::visit([](const auto& handle) { return std::string(handle.name()); }, element));
  }
  return result;
}

json import_one(tn::Graph& graph, const json& job) try {
  std::optional<tn::Scope> scope, device, control;
  if (job.contains("scope")) scope.emplace(graph.name_scope(std::string(job["scope"])));
  if (job.contains("device")) device.emplace(graph.device(std::string(job["device"])));
  if (job.contains("control")) {
    std::vector<tn::Operation> operations;
    for (const auto& name : job["control"]) operations.push_back(graph.operation(std::string(name)));
    control.emplace(graph.control_dependencies(operations));
  }
  return names(tn::import_graph_def(graph, job["graph"], options_of(graph, job)));
} catch (const tn::Error& error) {
  return {{"code", tn::code_name(error.code())}, {"error", error.what()}};
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::fputs("usage: import_graphs JOB.json GRAPH.meta\n", stderr);
    return 2;
  }
  tn::Graph graph;
  json results = json::array();
  for (const json& job : json::parse(std::ifstream(argv[1]))) results.push_back(import_one(graph, job));
  tn::export_meta_graph(graph, argv[2]);
  std::puts(results.dump().c_str());
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "import_graphs: %s\n", error.what());
  return 1;
}
