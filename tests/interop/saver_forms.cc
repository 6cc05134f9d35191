// Savers of every form, for the interop suite: the same graph and Savers as test_savers.py makes in TensorFlow.
//
// usage: saver_forms save FORM PREFIX       saves initial values; prints the checkpoint's name
//        saver_forms restore FORM PREFIX    prints {"values": {...}, "uninitialized": [...]} after restoring
//        saver_forms steps PREFIX KEEP N    saves N times with a step, keeping KEEP; prints the names that are left
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "tenon/tenon.h"

namespace {

using Saved = std::function<tn::Saver(tn::Graph&, const tn::Variable&, const tn::Variable&, const tn::Variable&)>;

// The variables: floats "a", an int64 "b", strings "net/words".
const std::map<std::string, Saved> forms = {
    {"all", [](auto& graph, auto&, auto&, auto&) { return tn::Saver(graph); }},
    {"list", [](auto& graph, auto& a, auto&, auto& words) { return tn::Saver(graph, {words, a}); }},
    {"dict", [](auto& graph, auto& a, auto& b, auto&) {
       return tn::Saver(graph, std::map<std::string, tn::Variable>{{"old/a", a}, {"b", b}});
     }},
    {"swapped", [](auto& graph, auto& a, auto&, auto& words) {
       return tn::Saver(graph, std::map<std::string, tn::Variable>{{"net/words", a}, {"a", words}});
     }},
    {"sharded", [](auto& graph, auto&, auto&, auto&) { return tn::Saver(graph, tn::SaverOptions{.sharded = true}); }},
    {"v1", [](auto& graph, auto&, auto&, auto&) { return tn::Saver(graph, tn::SaverOptions{.v1_format = true}); }},
};

struct Model {
  tn::Graph graph;
  tn::Variable a = tn::variable(graph, tn::Tensor({2, 2}, {1.f, -2.f, 3.5f, 0.f}), "a");
  tn::Variable b = tn::variable(graph, tn::Tensor(std::int64_t{1} << 40), "b");
  tn::Variable words = tn::variable(graph, tn::Tensor({3}, {"", "two", "three"}), "net/words");
  tn::Saver saver(const std::string& form) { return forms.at(form)(graph, a, b, words); }
};

nlohmann::json values(const tn::Tensor& tensor) {
  nlohmann::json list = nlohmann::json::array();
  for (std::int64_t i = 0; i < tensor.elements(); ++i) {
    if (tensor.dtype() == tn::DType::String) list.push_back(tensor.at<std::string>(i));
    if (tensor.dtype() == tn::float32) list.push_back(tensor.at<float>(i));
    if (tensor.dtype() == tn::int64) list.push_back(tensor.at<std::int64_t>(i));
  }
  return list;
}

void save(const std::string& form, const std::string& prefix) {
  Model model;
  tn::Saver saver = model.saver(form);
  tn::Session session(model.graph);
  session.run(model.graph.global_variables_initializer());
  std::puts(saver.save(session, prefix).c_str());
}

void restore(const std::string& form, const std::string& prefix) {
  Model model;
  tn::Saver saver = model.saver(form);
  tn::Session session(model.graph);
  saver.restore(session, prefix);
  const std::vector<std::string> without = session.uninitialized_variables();
  nlohmann::json result = {{"values", nlohmann::json::object()}, {"uninitialized", without}};
  for (const tn::Variable& variable : model.graph.global_variables())
    if (const std::string& name = variable.handle.op().name(); std::ranges::find(without, name) == without.end())
      result["values"][name] = values(session.run(variable));
  std::puts(result.dump().c_str());
}

void save_steps(const std::string& prefix, int keep, int count) {
  Model model;
  tn::Saver saver(model.graph, tn::SaverOptions{.max_to_keep = keep});
  tn::Session session(model.graph);
  session.run(model.graph.global_variables_initializer());
  for (int step = 0; step < count; ++step) saver.save(session, prefix, step);
  for (const std::string& path : saver.last_checkpoints()) std::puts(path.c_str());
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string command = argc > 1 ? argv[1] : "";
  if (command == "save" && argc == 4) return save(argv[2], argv[3]), 0;
  if (command == "restore" && argc == 4) return restore(argv[2], argv[3]), 0;
  if (command == "steps" && argc == 5) return save_steps(argv[2], std::atoi(argv[3]), std::atoi(argv[4])), 0;
  std::fputs("usage: saver_forms save|restore FORM PREFIX, or saver_forms steps PREFIX KEEP N\n", stderr);
  return 2;
} catch (const tn::Error& error) {
  std::fprintf(stderr, "saver_forms: %s: %s\n", std::string(tn::code_name(error.code())).c_str(), error.what());
  return 1;
}
