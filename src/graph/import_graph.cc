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
  invalid(fmt::format("Node '{}': {}", file_.node(position).name(), message));
}

ImportedGraph GraphImporter::import() {
  check_versions();
  check_library();
  index_names();
  parse_inputs();
  check_input_map();
  check_cycles();
  const std::string& prefix = options_.prefix;
  if (prefix.empty()) scope_ = graph_.scope();
  else if (prefix.back() == '/') scope_ = prefix;
  else scope_ = graph_.unique_name(prefix, false) + "/";
  choose_names();
  make_nodes();
  ImportedGraph result{.scope = scope_, .returned = find_returned()};
  commit();
  for (int position = 0; position < file_.node_size(); ++position) {
    Node* node = pending_[position].made;
    result.nodes.push_back(node);
    result.names.emplace(file_.node(position).name(), node->name);
    result.renamed |= file_.node(position).name() != node->name;
  }
  return result;
}

void GraphImporter::check_versions() const {
  const auto& versions = file_.versions();
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
  for (const auto& function : file_.library().function()) {
    const auto [found, added] = known.emplace(function.signature().name(), &function);
    if (!added && !MessageDifferencer::Equals(*found->second, function)) {
      invalid(fmt::format("Cannot add function '{}' because a different function with the same name already exists",
                          function.signature().name()));
    }
  }
}

void GraphImporter::index_names() {
  for (const auto& function : file_.library().function()) {
    file_ops_.emplace(function.signature().name(), &function.signature());
  }
  if (options_.file_ops) {
    for (const auto& op : options_.file_ops->op()) file_ops_.emplace(op.name(), &op);
  }
  pending_.resize(file_.node_size());
  for (int i = 0; i < file_.node_size(); ++i) {
    const std::string& name = file_.node(i).name();
    if (!valid_op_name(name)) fail(i, "Node name contains invalid characters");
    if (file_.node(i).op().empty()) fail(i, "the node has no op type");
    if (!positions_.emplace(name, i).second) fail(i, "Node '{}' is not unique", name);
  }
}

void GraphImporter::parse_inputs() {
  for (int i = 0; i < file_.node_size(); ++i) {
    for (const auto& input : file_.node(i).input()) parse_input(i, input);
  }
}

void GraphImporter::parse_input(int position, const std::string& text) {
  const bool control = text.starts_with('^');
  const auto parsed = parse_output_name(std::string_view(text).substr(control ? 1 : 0));
  const std::string_view name = parsed ? parsed->node : std::string_view(text);
  const int index = parsed ? parsed->index.value_or(0) : 0;
  if (!control && !pending_[position].controls.empty()) {
    fail(position, "Control dependencies must come after regular dependencies");
  }
  if (take_mapped(position, name, index, control)) return;
  const auto found = positions_.find(name);
  if (!parsed || found == positions_.end()) fail(position, "Unknown input node '{}'", text);
  Pending& pending = pending_[position];
  (control ? pending.controls : pending.inputs).push_back({.node = found->second, .index = index, .edge = {}});
}

bool GraphImporter::take_mapped(int position, std::string_view name, int index, bool control) {
  if (options_.input_map.empty()) return false;
  const auto take = [&](std::string key) {
    const auto found = options_.input_map.find(key);
    if (found == options_.input_map.end()) return false;
    if (!found->second.node || found->second.node->graph != &graph_) {
      invalid(fmt::format("input_map: the value for '{}' is not an output of this graph", key));
    }
    Pending& pending = pending_[position];
    (control ? pending.controls : pending.inputs).push_back({.node = -1, .index = 0, .edge = found->second});
    used_keys_.insert(std::move(key));
    return true;
  };
  if (control) return take(fmt::format("^{}", name));
  return take(fmt::format("{}:{}", name, index)) || (index == 0 && take(std::string(name)));
}

void GraphImporter::check_input_map() const {
  std::string missing;
  for (const auto& [key, edge] : options_.input_map) {
    if (used_keys_.contains(key)) continue;
    const auto parsed = parse_output_name(std::string_view(key).substr(key.starts_with('^') ? 1 : 0));
    if (!parsed || !positions_.contains(parsed->node)) missing += (missing.empty() ? "" : ", ") + key;
  }
  if (!missing.empty()) invalid(fmt::format("Attempted to map inputs that were not found in graph_def: [{}]", missing));
}

bool GraphImporter::is_back_edge(int position, const Source& source) const {
  const auto is = [](const std::string& op, const char* plain, const char* ref) { return op == plain || op == ref; };
  return source.node >= 0 && is(file_.node(position).op(), "Merge", "RefMerge") &&
         is(file_.node(source.node).op(), "NextIteration", "RefNextIteration");
}

// The graph keeps the order of the file, in which a node may stand before its inputs.
void GraphImporter::check_cycles() const {
  const int count = file_.node_size();
  std::vector<int> waiting(count, 0), ready;
  std::vector<std::vector<int>> consumers(count);
  const auto wait_for = [&](int position, const Source& source) {
    if (source.node < 0 || is_back_edge(position, source)) return;
    ++waiting[position];
    consumers[source.node].push_back(position);
  };
  for (int i = 0; i < count; ++i) {
    for (const Source& source : pending_[i].inputs) wait_for(i, source);
    for (const Source& source : pending_[i].controls) wait_for(i, source);
    if (waiting[i] == 0) ready.push_back(i);
  }
  for (std::size_t done = 0; done < ready.size(); ++done) {
    for (const int consumer : consumers[ready[done]]) {
      if (--waiting[consumer] == 0) ready.push_back(consumer);
    }
  }
  if (static_cast<int>(ready.size()) == count) return;
  const auto first = std::find_if(waiting.begin(), waiting.end(), [](int n) { return n > 0; }) - waiting.begin();
  invalid(fmt::format("{} nodes in a cycle, among them '{}'", count - ready.size(), file_.node(first).name()));
}

std::vector<std::variant<Node*, Edge>> GraphImporter::find_returned() const {
  std::vector<std::variant<Node*, Edge>> returned;
  for (const std::string& name : options_.return_elements) {
    const auto parsed = parse_output_name(name);
    const auto found = parsed ? positions_.find(parsed->node) : positions_.end();
    if (found == positions_.end()) {
      invalid(fmt::format("Requested return {} '{}' not found in graph def",
                          parsed && parsed->index ? "tensor" : "node", name));
    }
    Node* node = pending_[found->second].made;
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

void GraphImporter::commit() {
  auto& extra = GraphAccess::extra(graph_);
  if (!options_.prefix.empty() && options_.prefix.back() != '/') graph_.unique_name(options_.prefix);
  const bool first = graph_.nodes_.empty() && extra.library.function_size() == 0;
  std::unordered_set<std::string> functions;
  for (const auto& function : extra.library.function()) functions.insert(function.signature().name());
  for (const auto& function : file_.library().function()) {
    if (functions.insert(function.signature().name()).second) *extra.library.add_function() = function;
  }
  if (options_.file_ops) {
    for (const auto& op : options_.file_ops->op()) {
      if (!graph_.find_signature(op.name())) *extra.file_ops.add_op() = op;
    }
  }
  for (const auto& gradient : file_.library().gradient()) *extra.library.add_gradient() = gradient;
  if (first) keep_unknown_fields(file_.library(), extra.library);
  if (first) keep_unknown_fields(file_, extra.graph_fields);

  auto& versions = extra.versions;
  versions.set_producer(std::min(versions.producer(), file_.versions().producer()));
  versions.set_min_consumer(std::max(versions.min_consumer(), file_.versions().min_consumer()));
  for (const int bad : file_.versions().bad_consumers()) {
    const auto& known = versions.bad_consumers();
    if (std::find(known.begin(), known.end(), bad) == known.end()) versions.add_bad_consumers(bad);
  }
  for (int position = 0; position < file_.node_size(); ++position) {
    std::unique_ptr<Node> node = std::move(pending_[position].node);
    if (!node->signature) node->signature = graph_.find_signature(node->type);
    node->id = static_cast<int>(graph_.nodes_.size());
    for (std::size_t i = 0; i < node->inputs.size(); ++i) graph_.learn_type(node->inputs[i], node->input_types[i]);
    for (const auto& scope : extra.control_scopes) scope->seen.insert(node.get());
    graph_.names_in_use_.try_emplace(lower_case(node->name), 1);
    graph_.by_name_.emplace(node->name, node.get());
    graph_.nodes_.push_back(std::move(node));
  }
}

ImportedGraph import_graph_def(GraphImpl& graph, const proto::GraphDef& file, const ImportOptions& options) {
  return GraphImporter(graph, file, options).import();
}

}  // namespace tenon
