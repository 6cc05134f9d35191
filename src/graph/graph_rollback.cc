#include "graph/graph_rollback.h"

#include "graph/graph_extra.h"

namespace tenon {

// Copies of what is small or changes in place, sizes of what only grows.
struct GraphRollback::State {
  std::size_t nodes = 0, files = 0, objects = 0, named = 0;
  int functions = 0, gradients = 0, registered_gradients = 0, file_ops = 0;
  std::int64_t random_ops = 0;
  std::unordered_map<std::string, int> names_in_use;
  std::map<std::string, std::vector<std::string>> bytes_collections, node_collections;
  std::map<std::string, std::vector<Variable>> variable_collections;
  std::map<std::string, proto::VariableDef> variable_defs;
  std::map<std::string, proto::CollectionDef> other_collections;
  proto::VersionDef versions;
  proto::GraphDef graph_fields;
  proto::MetaGraphDef rest;
};

GraphRollback::GraphRollback(GraphImpl& graph) : graph_(graph) {
  const GraphImpl::Extra& extra = *graph.extra_;
  state_.reset(new State{.nodes = graph.nodes_.size(),
                         .files = extra.files.size(),
                         .objects = extra.saveable_objects.size(),
                         .named = graph.named_,
                         .functions = extra.library.function_size(),
                         .gradients = extra.library.gradient_size(),
                         .registered_gradients = extra.library.registered_gradients_size(),
                         .file_ops = extra.file_ops.op_size(),
                         .random_ops = extra.random_ops,
                         .names_in_use = graph.names_in_use_,
                         .bytes_collections = graph.bytes_collections_,
                         .node_collections = graph.node_collections_,
                         .variable_collections = graph.variable_collections_,
                         .variable_defs = extra.variable_defs,
                         .other_collections = extra.other_collections,
                         .versions = extra.versions,
                         .graph_fields = extra.graph_fields,
                         .rest = extra.rest});
}

GraphRollback::~GraphRollback() {
  if (kept_) return;
  remove_nodes();
  remove_signatures();
  GraphImpl::Extra& extra = *graph_.extra_;
  graph_.bytes_collections_.swap(state_->bytes_collections);
  graph_.node_collections_.swap(state_->node_collections);
  graph_.variable_collections_.swap(state_->variable_collections);
  extra.saveable_objects.resize(state_->objects);
  extra.variable_defs.swap(state_->variable_defs);
  extra.other_collections.swap(state_->other_collections);
  extra.versions.Swap(&state_->versions);
  extra.graph_fields.Swap(&state_->graph_fields);
  extra.rest.Swap(&state_->rest);
  extra.random_ops = state_->random_ops;
}

void GraphRollback::remove_nodes() {
  GraphImpl::Extra& extra = *graph_.extra_;
  if (graph_.nodes_.size() != state_->nodes) {
    for (const auto& scope : extra.control_scopes) {
      std::erase_if(scope->seen, [&](const Node* node) { return static_cast<std::size_t>(node->id) >= state_->nodes; });
    }
    while (graph_.nodes_.size() > state_->nodes) graph_.nodes_.pop_back();
    graph_.by_name_ = {};
    for (const auto& node : graph_.nodes_) graph_.index_name(*node);
  }
  graph_.names_in_use_.swap(state_->names_in_use);
  graph_.named_ = state_->named;
  extra.files.resize(state_->files);
}

void GraphRollback::remove_signatures() {
  GraphImpl::Extra& extra = *graph_.extra_;
  const bool had_functions = state_->functions > 0 || state_->nodes > 0;
  if (!had_functions) extra.library.GetReflection()->MutableUnknownFields(&extra.library)->Clear();
  while (extra.library.gradient_size() > state_->gradients) extra.library.mutable_gradient()->RemoveLast();
  while (extra.library.registered_gradients_size() > state_->registered_gradients) {
    extra.library.mutable_registered_gradients()->RemoveLast();
  }
  while (extra.library.function_size() > state_->functions) {
    extra.prepared.erase(&extra.library.function(extra.library.function_size() - 1).signature());
    extra.library.mutable_function()->RemoveLast();
  }
  while (extra.file_ops.op_size() > state_->file_ops) {
    extra.prepared.erase(&extra.file_ops.op(extra.file_ops.op_size() - 1));
    extra.file_ops.mutable_op()->RemoveLast();
  }
  extra.function_signatures.clear();
  extra.indexed_functions = extra.indexed_ops = 0;
}

}  // namespace tenon
