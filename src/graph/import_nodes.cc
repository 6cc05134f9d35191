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
constexpr std::int64_t kNodesOfATask = 4096;
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
  for_all_nodes<&GraphImporter::read_node>();
  std::uint32_t sources = 0;
  for (Pending& pending : pending_) {
    pending.first = sources;
    pending.controls += sources;
    sources += pending.end;
    pending.end = sources;
  }
  sources_.resize(sources);
  // Values that the caller gave are noted in one place.
  if (options_.input_map.empty()) return for_all_nodes<&GraphImporter::read_inputs>();
  for (int position = 0; position < size(); ++position) read_inputs(position);
}

void GraphImporter::make_room() {
  pending_.reserve(file_.nodes().size());
  prefer_huge_pages(pending_.data(), pending_.capacity() * sizeof(Pending));
  pending_.resize(file_.nodes().size());
  if (!pending_.empty()) block_ = &NodeBlock::make(pending_.size());
}

// What was not read has left its places in the block empty.
GraphImporter::~GraphImporter() {
  if (!block_) return;
  block_->release(static_cast<std::size_t>(
      std::count_if(pending_.begin(), pending_.end(), [](const Pending& pending) { return !pending.node; })));
}

// Everything but the inputs, which are only counted.
void GraphImporter::read_node(int position) {
  Pending& pending = pending_[position];
  const NodeBytes& bytes = file_.nodes()[position];
  pending.node = block_->construct(static_cast<std::size_t>(position));
  Node& node = *pending.node;
  node.id = position;
  node.graph = &graph_;
  node.name.append(scope_).append(bytes.name());
  WireReader reader(bytes.all());
  for (WireField field; reader.next(field);) {
    switch (field.is_bytes() ? field.number : 0) {
      case NodeDef::kNameFieldNumber:
      case NodeDef::kOpFieldNumber:
      case NodeDef::kAttrFieldNumber:
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
        pending.has_device = !field.bytes.empty();
        break;
      default:
        node.other_fields.edit() += field.whole;
    }
  }
  std::string scratch;
  try {
    if (const auto shapes = node.attrs.read(bytes.all(), kOutputShapes, scratch)) {
      pending.has_shapes = read_shapes(*shapes, node.output_shapes);
    }
  } catch (const Error& error) {
    throw Error(Code::InvalidArgument,
                fmt::format("Node '{}' has an invalid _output_shapes attribute (shape #{} error: {})", bytes.name(),
                            node.output_shapes.size(), error.what()));
  }
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
    std::string& name = pending_[position].node->name;
    const std::string wanted = name;
    for (int i = 1; taken.contains(name) || (i > 1 && coming(name)); ++i) name = fmt::format("{}_{}", wanted, i);
    taken.insert(name);
  }
}

void GraphImporter::check_nodes() {
  all_registered_ = given_.empty();
  for_ranges(&GraphImporter::set_types_of);
  check_outputs();
  place_nodes();
  for_all_nodes<&GraphImporter::connect>();
  add_scope_controls();
}

void GraphImporter::check_outputs() const {
  if (outputs_ <= kMaxOutputs) return;
  std::size_t outputs = 0;
  for (int position = 0; position < size(); ++position) {
    outputs += pending_[position].node->output_types.size();
    if (outputs > kMaxOutputs) fail(position, "the nodes up to here claim {} outputs", outputs);
  }
}

void GraphImporter::set_types_of(int begin, int end) {
  std::unordered_map<std::string_view, const KnownOp*> known;  // no other thread needs to be waited for
  std::size_t outputs = 0;
  for (int position = begin; position < end; ++position) {
    const KnownOp*& op = known[file_.nodes()[position].op()];
    if (!op) op = &find_op(position);
    set_types(position, *op);
    outputs += pending_[position].node->output_types.size();
  }
  const std::lock_guard lock(types_mutex_);
  outputs_ += outputs;
}

// That of the node's op.
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
  Node& node = *pending.node;
  node.type = op.type;
  node.signature = op.registered;
  pending.op = op.prepared;
  if (!op.foreign.empty()) drop_foreign_defaults(op, node);
  if (!pending.op) return take_output_shapes(position);
  const std::size_t given = inputs(pending).size();
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
  Node& node = *pending.node;
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
