#include "graph/import_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "graph.pb.h"
#include "graph/graph_extra.h"
#include "graph/graph_importer.h"
#include "graph/names.h"
#include "tenon/error.h"

namespace tenon {
namespace {

// Graphs with functions need a reader that knows them.
constexpr int kFunctionsVersion = 12;

void keep_unknown_fields(const google::protobuf::Message& from, google::protobuf::Message& to) {
  to.GetReflection()->MutableUnknownFields(&to)->MergeFrom(from.GetReflection()->GetUnknownFields(from));
}

// Names of neighbours mostly differ in their ends.
bool is_same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && (a.empty() || (a.back() == b.back() && a == b));
}

[[noreturn]] void invalid(const std::string& message) { throw Error(Code::InvalidArgument, message); }

}  // namespace

void GraphImporter::fail_at(int position, const std::string& message) const {
  invalid(fmt::format("Node '{}': {}", file_.nodes()[position].name(), message));
}

// Who looks for many mostly looks for neighbours, whose names are in the processor's cache.
int GraphImporter::position_of(std::string_view name) const {
  constexpr int kBefore = 4, kAfter = 8;
  thread_local int last = 0;
  const std::span<const NodeBytes> nodes = file_.nodes();
  const int end = std::min(size(), last + kAfter + 1);
  for (int near = std::max(0, last - kBefore); near < end; ++near) {
    if (is_same(nodes[near].name(), name)) return last = near;
  }
  const int found = positions_.find(name, [&](int position) { return nodes[position].name(); });
  if (found >= 0) last = found;
  return found;
}

ImportedGraph GraphImporter::import() {
  check_versions();
  check_library();
  find_file_ops();
  for_all_nodes<&GraphImporter::read_name>();
  read_input_map();
  choose_scope();
  read_nodes();
  choose_names();
  connect_nodes();
  wrong_node_.rethrow();
  check_cycles();
  check_nodes();
  infer_shapes();
  auto returned = find_returned();
  check_input_map();
  if (options_.before_commit) {
    options_.before_commit([this](std::string_view name) {
      const int position = position_of(name);
      return position < 0 ? nullptr : &node_at(position);
    });
  }
  ImportedGraph result = describe();
  result.returned = std::move(returned);
  commit();
  return result;
}

ImportedGraph GraphImporter::describe() const {
  ImportedGraph result;
  result.scope = scope_;
  result.renamed = !scope_.empty();
  result.first = graph_.nodes_.size();
  for (int i = 0; i < size() && !all_free_; ++i) {
    const std::string& name = node_at(i).name;
    const std::string_view old = file_.nodes()[i].name();
    if (name.size() == scope_.size() + old.size()) continue;
    result.renamed = true;
    result.new_names.emplace(old, name);
  }
  return result;
}

void GraphImporter::choose_scope() {
  const std::string& prefix = options_.prefix;
  if (prefix.empty()) {
    scope_ = graph_.scope();
    return;
  }
  check_scope_name(prefix, graph_.scope().empty());
  scope_ = prefix.back() == '/' ? prefix : graph_.unique_name(prefix, false) + "/";
}

std::vector<std::variant<Node*, Edge>> GraphImporter::find_returned() const {
  std::vector<std::variant<Node*, Edge>> returned;
  for (const std::string& name : options_.return_elements) {
    const bool is_output = name.find(':') != std::string::npos;
    const OutputName parsed = is_output ? parse_tensor_name(name) : OutputName{name, std::nullopt};
    if (is_output) {
      if (const int given = find_given(parsed.node, *parsed.index); given >= 0) {
        returned.emplace_back(given_[given].value);
        continue;
      }
    }
    const int position = position_of(parsed.node);
    if (position < 0) {
      invalid(fmt::format("Requested return {} '{}' not found in graph def", is_output ? "tensor" : "node", name));
    }
    Node& found = node_at(position);
    if (!is_output) {
      returned.emplace_back(&found);
      continue;
    }
    if (pending_[position].op && *parsed.index >= found.num_outputs()) {
      invalid(fmt::format("Invalid return output {} of node '{}', which has {} output(s)", *parsed.index, parsed.node,
                          found.num_outputs()));
    }
    returned.emplace_back(Edge{&found, *parsed.index});
  }
  return returned;
}

// Shape functions look at the version of the graph, which the file may lower.
void GraphImporter::infer_shapes() {
  if (!options_.infer_shapes || size() == 0) return;
  proto::VersionDef& versions = GraphAccess::extra(graph_).versions;
  const int producer = versions.producer();
  const auto put_back = graph_.on_leave([&] { versions.set_producer(producer); });
  versions.set_producer(std::min(producer, file_.graph().versions().producer()));
  options_.infer_shapes({&node_at(0), file_.nodes().size()});
}

void GraphImporter::commit_library() {
  auto& extra = GraphAccess::extra(graph_);
  const auto& library = file_.graph().library();
  std::unordered_set<std::string> functions;
  for (const auto& function : extra.library.function()) functions.insert(function.signature().name());
  for (const auto& function : library.function()) {
    if (functions.insert(function.signature().name()).second) *extra.library.add_function() = function;
  }
  if (options_.file_ops) {
    for (const auto& op : options_.file_ops->op()) {
      if (!graph_.find_signature(op.name())) *extra.file_ops.add_op() = op;
    }
  }
  for (const auto& gradient : library.gradient()) *extra.library.add_gradient() = gradient;
  for (const auto& gradient : library.registered_gradients()) *extra.library.add_registered_gradients() = gradient;
}

void GraphImporter::commit() {
  auto& extra = GraphAccess::extra(graph_);
  if (!options_.prefix.empty() && options_.prefix.back() != '/') graph_.unique_name(options_.prefix);
  if (graph_.nodes_.empty() && extra.library.function_size() == 0) {
    keep_unknown_fields(file_.graph().library(), extra.library);
    keep_unknown_fields(file_.graph(), extra.graph_fields);
    if (file_.graph().has_debug_info()) *extra.graph_fields.mutable_debug_info() = file_.graph().debug_info();
  }
  commit_library();
  auto& versions = extra.versions;
  const auto& given = file_.graph().versions();
  versions.set_producer(std::min(versions.producer(), given.producer()));
  const int least = file_.graph().library().function_size() > 0 ? kFunctionsVersion : 0;
  versions.set_min_consumer(std::max({versions.min_consumer(), given.min_consumer(), least}));
  for (const int bad : given.bad_consumers()) {
    const auto& known = versions.bad_consumers();
    if (std::find(known.begin(), known.end(), bad) == known.end()) versions.add_bad_consumers(bad);
  }
  extra.files.push_back(file_.bytes());
  commit_nodes();
}

void GraphImporter::commit_nodes() {
  const std::size_t first = graph_.nodes_.size();
  const bool same_names = first == 0 && scope_.empty();
  if (first == 0) graph_.nodes_ = std::move(nodes_);
  else std::move(nodes_.begin(), nodes_.end(), std::back_inserter(graph_.nodes_));
  nodes_.clear();
  if (same_names) graph_.by_name_ = std::move(positions_);
  else graph_.by_name_.reserve(graph_.nodes_.size());
  for (int position = 0; position < size() && !same_names; ++position) graph_.index_name(node_at(position));
  for (const auto& scope : GraphAccess::extra(graph_).control_scopes) {
    for (int position = 0; position < size(); ++position) scope->seen.insert(&node_at(position));
  }
  const bool has_opaque = !all_registered_ || !given_.empty();  // or may be connected to one
  for (int position = 0; position < size() && has_opaque; ++position) {
    Node& one = node_at(position);
    if (!one.signature) one.signature = graph_.find_signature(one.type);
    for (std::size_t i = 0; i < one.inputs.size(); ++i) graph_.learn_type(one.inputs[i], one.input_types[i]);
  }
}

std::string ImportedGraph::name_of(std::string_view name) const {
  const auto found = new_names.find(std::string(name));
  return found == new_names.end() ? scope + std::string(name) : found->second;
}

std::map<std::string, Edge> to_edges(const std::map<std::string, Output>& input_map) {
  std::map<std::string, Edge> edges;
  for (const auto& [name, output] : input_map) edges.emplace(name, to_edge(output));
  return edges;
}

std::vector<std::variant<Operation, Output>> to_elements(const std::vector<std::variant<Node*, Edge>>& returned) {
  std::vector<std::variant<Operation, Output>> elements;
  for (const auto& one : returned) {
    if (const auto* node = std::get_if<Node*>(&one)) elements.emplace_back(to_operation(*node));
    else elements.emplace_back(to_output(std::get<Edge>(one)));
  }
  return elements;
}

ImportedGraph import_graph_file(GraphImpl& graph, const GraphFile& file, const ImportOptions& options) {
  graph.check_not_finalized();
  return GraphImporter(graph, file, options).import();
}

ImportedGraph import_graph_def(GraphImpl& graph, const proto::GraphDef& file, const ImportOptions& options) {
  return import_graph_file(graph, GraphFile::of(file), options);
}

}  // namespace tenon
