// Making the nodes of an import: names, attributes, types.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>

#include "base/huge_pages.h"
#include "base/parallel_for.h"
#include "formats/message/message_io.h"
#include "formats/tensor_proto/tensor_proto.h"
#include "graph.pb.h"
#include "graph/attr_value.h"
#include "graph/graph_importer.h"
#include "graph/node_types.h"
#include "tenon/error.h"

namespace tenon {
namespace {

using google::protobuf::util::MessageDifferencer;
using proto::NodeDef;

// A file may claim any number of outputs per node; this many in all are more than any model has.
constexpr std::size_t kMaxOutputs = std::size_t{1} << 24;
// A message lists what a node expects, if that is not many more than it has.
constexpr std::size_t kMissingInputs = 16;
// They fill a huge page: no two threads wait for the same one to be cleared.
constexpr int kNodesOfATask = (2 << 20) / static_cast<int>(sizeof(Node));
constexpr std::string_view kOutputShapes = "_output_shapes";

// False if the attribute holds something else than shapes; TensorFlow does not look at it then.
bool read_shapes(std::string_view value, PartialShapes& shapes) {
  const AttrView attr = AttrView::of(value);
  const bool is_list = attr.kind == AttrKind::List || attr.kind == AttrKind::Unset;
  const ListKind kind = list_kind(attr);
  if (!is_list || (kind != ListKind::Shape && kind != ListKind::Empty)) return false;
  for_each_bytes(attr, ListKind::Shape,
                 [&](std::string_view shape) { shapes.push_back(partial_shape_from_bytes(shape)); });
  return true;
}

// Attributes that another program's signature has, with a default, and ours has not.
std::vector<const proto::OpDef::AttrDef*> foreign_attrs(const proto::OpDef& theirs, const proto::OpDef& ours) {
  std::vector<const proto::OpDef::AttrDef*> result;
  for (const auto& attr : theirs.attr()) {
    const bool known = std::any_of(ours.attr().begin(), ours.attr().end(),
                                   [&](const auto& other) { return other.name() == attr.name(); });
    if (!known && attr.has_default_value()) result.push_back(&attr);
  }
  return result;
}

}  // namespace

// Several threads read the nodes of large graphs; what is wrong with the first of them is thrown.
void GraphImporter::for_ranges(void (GraphImporter::*step)(int begin, int end)) {
  parallel_pieces(size(), kNodesOfATask, [&](std::int64_t begin, std::int64_t end) {
    (this->*step)(static_cast<int>(begin), static_cast<int>(end));
  });
}

void GraphImporter::read_nodes() {
  make_room();
  read_names_and_nodes();
  std::uint32_t sources = 0;
  for (Pending& pending : pending()) {
    pending.first = sources;
    pending.controls += sources;
    sources += pending.end;
    pending.end = sources;
  }
  sources_.resize(sources);
}

// The names, one after the other, at the same time as the nodes.
void GraphImporter::read_names_and_nodes() {
  if (size() <= kNodesOfATask) {
    index_names();
    return read_piece(0, size());
  }
  const int pieces = (size() + kNodesOfATask - 1) / kNodesOfATask;
  parallel_tasks(1 + static_cast<std::size_t>(pieces), [&](std::size_t task) {
    if (task == 0) return index_names();
    const int begin = (static_cast<int>(task) - 1) * kNodesOfATask;
    read_piece(begin, std::min(size(), begin + kNodesOfATask));
  });
}

void GraphImporter::make_room() {
  const std::size_t nodes = file_.nodes().size();
  pending_ = std::make_unique_for_overwrite<Pending[]>(nodes);
  prefer_huge_pages(pending_.get(), nodes * sizeof(Pending));
  nodes_.resize(nodes);
  if (nodes > 0) block_ = &NodeBlock::make(nodes, graph_);
}

// What was not read has left its places in the block empty.
GraphImporter::~GraphImporter() {
  const auto empty = std::count(nodes_.begin(), nodes_.end(), nullptr);
  if (block_) block_->release(static_cast<std::size_t>(empty));
}

void GraphImporter::read_piece(int begin, int end) {
  KnownOps known;
  std::size_t outputs = 0;  // not in outputs_ yet
  for (int position = begin; position < end; ++position) {
    read_node(position);
    const bool fine = wrong_node_.guard(static_cast<std::size_t>(position),
                                        [&] { set_types(position, op_of(position, known)); });
    if (!fine) pending_[position].op = nullptr;  // so that nothing is wrong with the edges that come from it
    count_outputs(position, outputs);
  }
}

// Everything but the inputs, which are only counted.
void GraphImporter::read_node(int position) {
  pending_[position] = {};
  nodes_[position] = block_->construct(static_cast<std::size_t>(position));
  Node& node = *nodes_[position];
  node.id = static_cast<int>(graph_.nodes_.size()) + position;
  node.name.append(scope_).append(file_.nodes()[position].name());
  read_attrs(position, read_fields(position));
}

// The fields beside the attributes; returns those from the first attribute on.
std::string_view GraphImporter::read_fields(int position) {
  Pending& pending = pending_[position];
  Node& node = node_at(position);
  const std::string_view all = file_.nodes()[position].all();
  std::string_view attrs;
  WireReader reader(all);
  for (WireField field; reader.next(field);) {
    switch (field.is_bytes() ? field.number : 0) {
      case NodeDef::kNameFieldNumber:
      case NodeDef::kOpFieldNumber:
        break;
      case NodeDef::kAttrFieldNumber:
        if (attrs.empty()) attrs = all.substr(static_cast<std::size_t>(field.whole.data() - all.data()));
        break;
      case NodeDef::kInputFieldNumber:
        ++pending.end;
        if (!field.bytes.starts_with('^') && ++pending.controls != pending.end) {
          fail(position, "Control dependencies must come after regular dependencies");
        }
        break;
      case NodeDef::kDeviceFieldNumber:
        if (options_.clear_devices) break;
        node.asked_device = field.bytes;
        if (!field.bytes.empty() && !any_device_) any_device_ = true;
        break;
      default:
        node.other_fields.edit() += field.whole;
    }
  }
  return attrs;
}

void GraphImporter::read_attrs(int position, std::string_view attrs) {
  const NodeBytes& bytes = file_.nodes()[position];
  Node& node = node_at(position);
  std::string scratch;
  try {
    if (const auto shapes = node.attrs.read(bytes.all(), attrs, kOutputShapes, scratch)) {
      pending_[position].has_shapes = read_shapes(*shapes, node.output_shapes);
    }
  } catch (const Error& error) {
    throw Error(Code::InvalidArgument,
                fmt::format("Node '{}' has an invalid _output_shapes attribute (shape #{} error: {})", bytes.name(),
                            node.output_shapes.size(), error.what()));
  }
  pending_[position].in_group = node.has_attr("_class");
}

// The importer's own rule: with case, numbered from 1 for each clash, clear of names that are still to come.
void GraphImporter::choose_names() {
  std::unordered_set<std::string> taken;
  for (const auto& node : graph_.nodes()) {
    taken.insert(node->name);
    for (std::size_t slash = node->name.find('/'); slash != std::string::npos;
         slash = node->name.find('/', slash + 1)) {
      taken.insert(node->name.substr(0, slash));
    }
  }
  all_free_ = taken.empty();
  if (all_free_) return;
  const auto coming = [&](const std::string& name) {
    return name.starts_with(scope_) && position_of(std::string_view(name).substr(scope_.size())) >= 0;
  };
  for (int position = 0; position < size(); ++position) {
    std::string& name = node_at(position).name;
    const std::string wanted = name;
    for (int i = 1; taken.contains(name) || (i > 1 && coming(name)); ++i) name = fmt::format("{}_{}", wanted, i);
    taken.insert(name);
  }
}

void GraphImporter::check_nodes() {
  place_nodes();
  if (!all_free_ || !scope_.empty()) for_all_nodes<&GraphImporter::rename_colocation>();
  add_scope_controls();
}

// At once, before they fill the memory.
void GraphImporter::count_outputs(int position, std::size_t& outputs) {
  constexpr std::size_t kOutputsOfAThread = 4096;
  outputs += node_at(position).output_types.size();
  if (outputs < kOutputsOfAThread) return;
  if ((outputs_ += outputs) > kMaxOutputs) fail(position, "the graph has more than {} outputs", kMaxOutputs);
  outputs = 0;
}

const GraphImporter::KnownOp& GraphImporter::op_of(int position, KnownOps& known) {
  const KnownOp*& op = known[file_.nodes()[position].op()];
  if (!op) op = &find_op(position);
  return *op;
}

const GraphImporter::KnownOp& GraphImporter::find_op(int position) {
  const std::lock_guard lock(types_mutex_);
  const auto [found, added] = ops_.try_emplace(file_.nodes()[position].op());
  KnownOp& op = found->second;
  if (!added) return op;
  op.type = graph_.op_types_.get(found->first);
  const std::string& type = op.type;
  op.registered = graph_.find_signature(type);
  const auto in_file = file_ops_.find(type);
  if (op.registered) {
    check_not_removed(*op.registered, position);
    op.prepared = &graph_.prepared(*op.registered);
    if (in_file != file_ops_.end()) op.foreign = foreign_attrs(*in_file->second, *op.registered);
  } else if (in_file != file_ops_.end()) {
    op.prepared = prepared_.emplace_back(std::make_unique<PreparedOp>(*in_file->second)).get();
  }
  if (!op.registered) all_registered_ = false;
  return op;
}

// Graphs from before its end may use an op that is no more.
void GraphImporter::check_not_removed(const proto::OpDef& op, int position) const {
  const int producer = file_.graph().versions().producer();
  if (!op.has_deprecation() || producer < op.deprecation().version()) return;
  std::string_view advice = op.deprecation().explanation();
  if (advice.ends_with('.')) advice.remove_suffix(1);
  throw Error(
      Code::Unimplemented,
      fmt::format("Node '{}': Op {} is not available in GraphDef version {}. It has been removed in version {}. {}.",
                  file_.nodes()[position].name(), op.name(), producer, op.deprecation().version(), advice));
}

void GraphImporter::drop_foreign_defaults(const KnownOp& op, Node& node) {
  for (const auto* attr : op.foreign) {
    const auto bytes = node.attrs.find(attr->name());
    proto::AttrValue value;
    if (bytes && parse_binary(*bytes, value) && MessageDifferencer::Equals(value, attr->default_value())) {
      node.attrs.erase(attr->name());
    }
  }
}

void GraphImporter::set_types(int position, const KnownOp& op) {
  Pending& pending = pending_[position];
  Node& node = node_at(position);
  node.type = op.type;
  node.signature = op.registered;
  pending.op = op.prepared;
  if (!op.foreign.empty()) drop_foreign_defaults(op, node);
  if (!pending.op) return take_output_shapes(position);
  const std::size_t given = pending.controls - pending.first;
  NodeTypes types = pending.op->check(node, given + kMissingInputs);
  if (types.inputs.size() != given) {
    std::vector<std::string> names;
    for (const DType type : types.inputs) names.push_back(core_dtype_name(type));
    fail(position, "NodeDef expected inputs '{}' do not match {} inputs specified; {}", fmt::join(names, ", "), given,
         signature_text(pending.op->op()));
  }
  node.input_types = std::move(types.inputs);
  node.output_types = std::move(types.outputs);
  take_output_shapes(position);
}

// What the file knows about shapes is kept beside the node, not in it: they are inferred again and written anew.
void GraphImporter::take_output_shapes(int position) {
  const Pending& pending = pending_[position];
  if (!pending.has_shapes) return;
  Node& node = node_at(position);
  if (!pending.op) node.output_types.resize(node.output_shapes.size(), DType::Invalid);
  const auto shapes = static_cast<int>(node.output_shapes.size());
  if (shapes < node.num_outputs()) {
    throw Error(Code::InvalidArgument,
                fmt::format("Node '{}' has {} outputs but the _output_shapes attribute specifies shapes for {} outputs",
                            node.name, node.num_outputs(), shapes));
  }
  node.output_shapes.resize(static_cast<std::size_t>(node.num_outputs()));
}

}  // namespace tenon
