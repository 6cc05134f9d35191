#include "tenon/binding.h"

#include <fmt/format.h>

#include "graph/graph_impl.h"

namespace tenon {
namespace {

constexpr std::string_view kCollection = "tenon/binding/";

}  // namespace

void save_binding(Graph& graph, const Json& names, std::string_view name) {
  graph.impl().bytes_collections()[fmt::format("{}{}", kCollection, name)] = {names.dump()};
}

Json load_binding(const Graph& graph, std::string_view name) {
  const auto& collections = graph.impl().bytes_collections();
  const auto found = collections.find(fmt::format("{}{}", kCollection, name));
  if (found != collections.end() && !found->second.empty()) return Json::parse(found->second.front());
  std::vector<std::string> saved;
  for (const auto& [key, values] : collections) {
    if (key.starts_with(kCollection)) saved.push_back(fmt::format("\"{}\"", key.substr(kCollection.size())));
  }
  throw Error(Code::NotFound,
              fmt::format("the graph carries no binding \"{}\"{}", name,
                          saved.empty() ? "; save_binding puts one in before the graph is saved"
                                        : fmt::format("; it carries {}", fmt::join(saved, ", "))));
}

}  // namespace tenon
