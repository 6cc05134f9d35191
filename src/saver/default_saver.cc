#include <fmt/format.h>

#include "graph/graph_impl.h"
#include "tenon/error.h"
#include "tenon/saver.h"

namespace tenon {
namespace {

constexpr const char* kSavers = "savers";

}  // namespace

Saver get_saver_or_default(Graph& graph) {
  auto& collections = graph.impl().bytes_collections();
  const auto found = collections.find(kSavers);
  if (found == collections.end() || found->second.empty()) {
    Saver saver(graph, SaverOptions{.sharded = true, .allow_empty = true});
    if (const auto def = saver.as_saver_def()) collections[kSavers].push_back(def->to_bytes());
    return saver;
  }
  if (found->second.size() == 1) return Saver::from_proto(graph, SaverDef::from_bytes(found->second.front()));
  throw Error(Code::FailedPrecondition,
              fmt::format("More than one item in collection {}: {}. Please indicate which one to use by passing it",
                          kSavers, found->second.size()));
}

}  // namespace tenon
