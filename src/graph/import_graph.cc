#include "graph/import_graph.h"

#include <fmt/format.h>
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>

#include "graph.pb.h"
#include "graph/graph_extra.h"
#include "graph/graph_importer.h"
#include "graph/names.h"
#include "tenon/error.h"

namespace tenon {
namespace {

using google::protobuf::util::MessageDifferencer;

// The graph version that this library follows, and the oldest producer it reads.
constexpr int kConsumerVersion = 2474;
constexpr int kMinProducer = 0;
void keep_unknown_fields(const google::protobuf::Message& from, google::protobuf::Message& to) {
  to.GetReflection()->MutableUnknownFields(&to)->MergeFrom(from.GetReflection()->GetUnknownFields(from));
}

[[noreturn]] void invalid(const std::string& message) { throw Error(Code::InvalidArgument, message); }

}  // namespace

void GraphImporter::fail_at(int position, const std::string& message) const {
  invalid(fmt::format("Node '{}': {}", file_.nodes()[position].name, message));
}

ImportedGraph GraphImporter::import() {
  check_versions();
  check_library();
  index_names();
  read_nodes();
  check_input_map();
  check_cycles();
  const std::string& prefix = options_.prefix;
  if (prefix.empty()) scope_ = graph_.scope();
  else if (prefix.back() == '/') scope_ = prefix;
  else scope_ = graph_.unique_name(prefix, false) + "/";
  choose_names();
  check_nodes();
  infer_shapes();
  if (options_.before_commit) {
    options_.before_commit([this](std::string_view name) {
      const int position = position_of(name);
      return position < 0 ? nullptr : pending_[position].node.get();
    });
  }
  ImportedGraph result{.scope = scope_, .nodes = {}, .new_names = {}, .returned = find_returned()};
  result.nodes.reserve(pending_.size());
  for (int i = 0; i < size(); ++i) {
    Node* node = pending_[i].node.get();
    const std::string_view old = file_.nodes()[i].name;
    result.nodes.push_back(node);
    result.renamed |= old != node->name;
    if (node->name.size() != scope_.size() + old.size()) result.new_names.emplace(old, node->name);
  }
  commit();
  return result;
}

void GraphImporter::check_versions() const {
  const auto& versions = file_.graph().versions();
  if (versions.min_consumer() > kConsumerVersion) {
    invalid(fmt::format("GraphDef min consumer version {} above current version {}: the graph was written by a newer "
                        "program than this one can read",
                        versions.min_consumer(), kConsumerVersion));
  }
  if (versions.producer() < kMinProducer) {
    invalid(fmt::format("GraphDef producer version {} below min producer {}: regenerate the graph", versions.producer(),
                        kMinProducer));
  }
  const auto& bad = versions.bad_consumers();
  if (std::find(bad.begin(), bad.end(), kConsumerVersion) != bad.end()) {
    invalid(fmt::format("GraphDef disallows consumer version {}", kConsumerVersion));
  }
}

void GraphImporter::check_library() const {
  std::unordered_map<std::string_view, const proto::FunctionDef*> known;
  for (const auto& function : graph_.library().function()) known.emplace(function.signature().name(), &function);
  for (const auto& function : file_.graph().library().function()) {
    const auto [found, added] = known.emplace(function.signature().name(), &function);
    if (!added && !MessageDifferencer::Equals(*found->second, function)) {
      invalid(fmt::format("Cannot add function '{}' because a different function with the same name already exists",
                          function.signature().name()));
    }
  }
}

void GraphImporter::index_names() {
  for (const auto& function : file_.graph().library().function()) {
    file_ops_.emplace(function.signature().name(), &function.signature());
  }
  if (options_.file_ops) {
    for (const auto& op : options_.file_ops->op()) file_ops_.emplace(op.name(), &op);
  }
  positions_.reserve(file_.nodes().size());
  for (int i = 0; i < size(); ++i) {
    const NodeBytes& node = file_.nodes()[i];
    if (!valid_op_name(node.name)) fail(i, "Node name contains invalid characters");
    if (node.op.empty()) fail(i, "the node has no op type");
    const auto name_of = [this](int position) { return file_.nodes()[position].name; };
    if (!positions_.insert(node.name, i, name_of)) fail(i, "Node '{}' is not unique", node.name);
  }
}

void GraphImporter::check_input_map() const {
  std::string missing;
  for (const auto& [key, edge] : options_.input_map) {
    if (used_keys_.contains(key)) continue;
    const auto parsed = parse_output_name(std::string_view(key).substr(key.starts_with('^') ? 1 : 0));
    if (!parsed || position_of(parsed->node) < 0) missing += (missing.empty() ? "" : ", ") + key;
  }
  if (!missing.empty()) invalid(fmt::format("Attempted to map inputs that were not found in graph_def: [{}]", missing));
}

bool GraphImporter::is_back_edge(int position, const Source& source) const {
  const auto is = [&](int node, std::string_view plain, std::string_view ref) {
    return file_.nodes()[node].op == plain || file_.nodes()[node].op == ref;
  };
  return source.node >= 0 && is(position, "Merge", "RefMerge") &&
         is(source.node, "NextIteration", "RefNextIteration");
}

// The graph keeps the order of the file, in which a node may stand before its inputs.
void GraphImporter::check_cycles() const {
  std::vector<int> waiting(pending_.size(), 0), ready;
  std::vector<std::vector<int>> consumers(pending_.size());
  bool in_order = true;
  const auto sources = [&](int position) {
    return std::span(sources_).subspan(pending_[position].first, pending_[position].end - pending_[position].first);
  };
  for (int i = 0; i < size() && in_order; ++i) {
    for (const Source& source : sources(i)) in_order &= source.node < i || is_back_edge(i, source);
  }
  if (in_order) return;
  for (int i = 0; i < size(); ++i) {
    for (const Source& source : sources(i)) {
      if (source.node < 0 || is_back_edge(i, source)) continue;
      ++waiting[i];
      consumers[source.node].push_back(i);
    }
    if (waiting[i] == 0) ready.push_back(i);
  }
  for (std::size_t done = 0; done < ready.size(); ++done) {
    for (const int consumer : consumers[ready[done]]) {
      if (--waiting[consumer] == 0) ready.push_back(consumer);
    }
  }
  if (ready.size() == pending_.size()) return;
  const auto first = std::find_if(waiting.begin(), waiting.end(), [](int n) { return n > 0; }) - waiting.begin();
  invalid(fmt::format("{} nodes in a cycle, among them '{}'", pending_.size() - ready.size(), file_.nodes()[first].name));
}

std::vector<std::variant<Node*, Edge>> GraphImporter::find_returned() const {
  std::vector<std::variant<Node*, Edge>> returned;
  for (const std::string& name : options_.return_elements) {
    const auto parsed = parse_output_name(name);
    const int position = parsed ? position_of(parsed->node) : -1;
    if (position < 0) {
      invalid(fmt::format("Requested return {} '{}' not found in graph def",
                          parsed && parsed->index ? "tensor" : "node", name));
    }
    Node* node = pending_[position].node.get();
    if (!parsed->index) {
      returned.emplace_back(node);
      continue;
    }
    if (node->signature && *parsed->index >= node->num_outputs()) {
      invalid(fmt::format("Invalid return output {} of node '{}', which has {} output(s)", *parsed->index, node->name,
                          node->num_outputs()));
    }
    returned.emplace_back(Edge{node, *parsed->index});
  }
  return returned;
}

// Shape functions look at the version of the graph, which the file may lower.
void GraphImporter::infer_shapes() {
  if (!options_.infer_shapes) return;
  proto::VersionDef& versions = GraphAccess::extra(graph_).versions;
  const int producer = versions.producer();
  const auto put_back = graph_.on_leave([&] { versions.set_producer(producer); });
  versions.set_producer(std::min(producer, file_.graph().versions().producer()));
  std::vector<Node*> nodes;
  nodes.reserve(pending_.size());
  for (const Pending& pending : pending_) nodes.push_back(pending.node.get());
  options_.infer_shapes(nodes);
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
}

void GraphImporter::commit() {
  auto& extra = GraphAccess::extra(graph_);
  if (!options_.prefix.empty() && options_.prefix.back() != '/') graph_.unique_name(options_.prefix);
  if (graph_.nodes_.empty() && extra.library.function_size() == 0) {
    keep_unknown_fields(file_.graph().library(), extra.library);
    keep_unknown_fields(file_.graph(), extra.graph_fields);
  }
  commit_library();
  auto& versions = extra.versions;
  const auto& given = file_.graph().versions();
  versions.set_producer(std::min(versions.producer(), given.producer()));
  versions.set_min_consumer(std::max(versions.min_consumer(), given.min_consumer()));
  for (const int bad : given.bad_consumers()) {
    const auto& known = versions.bad_consumers();
    if (std::find(known.begin(), known.end(), bad) == known.end()) versions.add_bad_consumers(bad);
  }
  extra.files.push_back(file_.bytes());
  const bool same_names = graph_.nodes_.empty() && scope_.empty();
  if (same_names) graph_.by_name_ = std::move(positions_);
  else graph_.by_name_.reserve(graph_.nodes_.size() + pending_.size());
  for (Pending& pending : pending_) {
    Node* node = pending.node.get();
    if (!node->signature) node->signature = graph_.find_signature(node->type);
    node->id = static_cast<int>(graph_.nodes_.size());
    for (std::size_t i = 0; i < node->inputs.size(); ++i) graph_.learn_type(node->inputs[i], node->input_types[i]);
    for (const auto& scope : extra.control_scopes) scope->seen.insert(node);
    if (!same_names) graph_.index_name(*node);
    graph_.nodes_.push_back(std::move(pending.node));
  }
}

std::string ImportedGraph::name_of(std::string_view name) const {
  const auto found = new_names.find(std::string(name));
  return found == new_names.end() ? scope + std::string(name) : found->second;
}

ImportedGraph import_graph_file(GraphImpl& graph, const GraphFile& file, const ImportOptions& options) {
  graph.check_not_finalized();
  return GraphImporter(graph, file, options).import();
}

ImportedGraph import_graph_def(GraphImpl& graph, const proto::GraphDef& file, const ImportOptions& options) {
  return import_graph_file(graph, GraphFile::of(file), options);
}

}  // namespace tenon
