#include "formats/meta_graph/structure.h"

#include <algorithm>

#include "formats/message/message_io.h"
#include "meta_graph.pb.h"

namespace tenon {
namespace {

constexpr int kNone = 0;

bool nodes_have_names(const proto::GraphDef& graph) {
  return std::all_of(graph.node().begin(), graph.node().end(),
                     [](const proto::NodeDef& node) { return !node.name().empty() && !node.op().empty(); });
}

}  // namespace

bool is_meta_graph(const proto::MetaGraphDef& meta) {
  return (meta.has_meta_info_def() || meta.has_graph_def()) && only_unknown(meta, kNone) &&
         nodes_have_names(meta.graph_def());
}

bool is_graph_def(const proto::GraphDef& graph, bool more_nodes) {
  const bool says_something = more_nodes || graph.node_size() > 0 || graph.has_versions() || graph.has_library();
  return says_something && only_unknown(graph, kNone) && nodes_have_names(graph);
}

bool is_saved_model(const proto::SavedModel& saved_model) {
  return saved_model.saved_model_schema_version() == 1 && saved_model.meta_graphs_size() > 0 &&
         only_unknown(saved_model, kNone);
}

}  // namespace tenon
