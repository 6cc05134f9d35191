#include "graph/node_types.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "graph.pb.h"
#include "graph/attr_value.h"
#include "graph/attr_view.h"
#include "graph/node.h"
#include "tenon/error.h"

namespace tenon {
namespace {

using proto::OpDef;
using ArgDef = OpDef::ArgDef;

constexpr std::int64_t kMaxOutputs = 1 << 20;

template <typename... Args>
[[noreturn]] void fail(const Node& node, fmt::format_string<Args...> text, Args&&... args) {
  throw Error(Code::InvalidArgument,
              fmt::format("Node '{}' ({}): {}", node.name, node.type, fmt::format(text, std::forward<Args>(args)...)));
}

std::int64_t type_count(const AttrView& types) {
  std::int64_t count = 0;
  for_each_type(types, [&](DType) { ++count; });
  return count;
}

// How many inputs an argument takes as far as the attributes say; nothing if that is still open.
std::optional<std::int64_t> known_count(const ArgDef& arg, const Node& node) {
  if (!arg.number_attr().empty()) {
    const AttrView count = node.attrs.view(arg.number_attr());
    return count.kind == AttrKind::Unset ? std::nullopt : std::optional(count.as_int());
  }
  if (!arg.type_list_attr().empty()) {
    if (!node.has_attr(arg.type_list_attr())) return std::nullopt;
    return type_count(node.attrs.view(arg.type_list_attr()));
  }
  return 1;
}

const std::string& count_attr(const ArgDef& arg) {
  return arg.number_attr().empty() ? arg.type_list_attr() : arg.number_attr();
}

// The number of inputs per argument. One open length (shared by several arguments perhaps) follows from the total.
std::vector<std::int64_t> input_counts(const OpDef& op, std::int64_t total, const Node& node) {
  std::int64_t fixed = 0, open = 0;
  std::string open_attr;
  for (const ArgDef& arg : op.input_arg()) {
    const auto count = known_count(arg, node);
    if (count) {
      fixed += *count;
      continue;
    }
    if (!open_attr.empty() && open_attr != count_attr(arg)) {
      fail(node, "attributes {} and {} cannot both follow from {} inputs: give one of them", open_attr,
           count_attr(arg), total);
    }
    open_attr = count_attr(arg);
    ++open;
  }
  if (total < fixed || (open == 0 && total != fixed) || (open > 0 && (total - fixed) % open != 0)) {
    fail(node, "{} inputs do not match the signature {}", total, signature_text(op));
  }
  std::vector<std::int64_t> counts;
  for (const ArgDef& arg : op.input_arg())
    counts.push_back(known_count(arg, node).value_or(open ? (total - fixed) / open : 0));
  return counts;
}

void set_type(Node& node, const std::string& attr, DType type) {
  proto::AttrValue value;
  value.set_type(static_cast<proto::DataType>(base_dtype(type)));
  node.attrs.set(attr, value);
}

void infer_from_argument(const ArgDef& arg, std::span<const DType> inputs, Node& node) {
  if (!arg.number_attr().empty() && !node.has_attr(arg.number_attr())) {
    proto::AttrValue count;
    count.set_i(static_cast<std::int64_t>(inputs.size()));
    node.attrs.set(arg.number_attr(), count);
  }
  if (!arg.type_list_attr().empty() && !node.has_attr(arg.type_list_attr())) {
    proto::AttrValue types;
    auto* list = types.mutable_list();
    for (const DType type : inputs) list->add_type(static_cast<proto::DataType>(base_dtype(type)));
    node.attrs.set(arg.type_list_attr(), types);
  }
  if (!arg.type_attr().empty() && !inputs.empty() && !node.has_attr(arg.type_attr()) &&
      inputs.front() != DType::Invalid) {
    set_type(node, arg.type_attr(), inputs.front());
  }
}

struct KindName {
  std::string_view name;
  AttrKind kind;
  ListKind list;
};

constexpr KindName kKinds[] = {{"string", AttrKind::String, {}},
                               {"int", AttrKind::Int, {}},
                               {"float", AttrKind::Float, {}},
                               {"bool", AttrKind::Bool, {}},
                               {"type", AttrKind::Type, {}},
                               {"shape", AttrKind::Shape, {}},
                               {"tensor", AttrKind::Tensor, {}},
                               {"func", AttrKind::Func, {}},
                               {"list(string)", AttrKind::List, ListKind::String},
                               {"list(int)", AttrKind::List, ListKind::Int},
                               {"list(float)", AttrKind::List, ListKind::Float},
                               {"list(bool)", AttrKind::List, ListKind::Bool},
                               {"list(type)", AttrKind::List, ListKind::Type},
                               {"list(shape)", AttrKind::List, ListKind::Shape},
                               {"list(tensor)", AttrKind::List, ListKind::Tensor},
                               {"list(func)", AttrKind::List, ListKind::Func}};

// An empty list fits every list kind; an unset value is what an empty list looks like in some files.
bool kind_fits(const AttrView& attr, AttrKind kind, ListKind list) {
  if (kind != AttrKind::List) return attr.kind == kind;
  if (attr.kind == AttrKind::Unset) return true;
  if (attr.kind != AttrKind::List) return false;
  const ListKind found = list_kind(attr);
  return found == list || found == ListKind::Empty;
}

bool allowed(const OpDef::AttrDef& def, const AttrView& attr) {
  const auto& list = def.allowed_values().list();
  bool all = true;
  const auto check_type = [&](DType type) {
    all &= std::find(list.type().begin(), list.type().end(), static_cast<int>(type)) != list.type().end();
  };
  const auto check_text = [&](std::string_view text) {
    all &= std::find(list.s().begin(), list.s().end(), text) != list.s().end();
  };
  if (def.type() == "type") check_type(attr.as_type());
  if (def.type() == "string") check_text(attr.bytes);
  if (def.type() == "list(type)") for_each_type(attr, check_type);
  if (def.type() == "list(string)") for_each_bytes(attr, ListKind::String, check_text);
  return all;
}

// Allowed values and minimum.
void check_value(const OpDef::AttrDef& def, const AttrView& attr, const Node& node) {
  if (def.has_allowed_values() && !allowed(def, attr)) {
    fail(node, "Value for attr '{}' of {} is not in the list of allowed values: {}", def.name(),
         attr_text(*node.attrs.find(def.name())), attr_text(def.allowed_values()));
  }
  if (!def.has_minimum()) return;
  const bool is_list = def.type().starts_with("list(");
  const std::int64_t size = is_list ? list_size(attr) : attr.as_int();
  if (size < def.minimum()) {
    fail(node, "{} for attr '{}' of {} must be at least minimum {}", is_list ? "Length" : "Value", def.name(), size,
         def.minimum());
  }
}

void fill_default_attrs(const OpDef& op, Node& node) {
  for (const auto& def : op.attr()) {
    if (node.has_attr(def.name())) continue;
    if (!def.has_default_value()) fail(node, "NodeDef missing attr '{}' from {}", def.name(), signature_text(op));
    node.attrs.set(def.name(), def.default_value());
  }
}

std::string argument_text(const ArgDef& arg) {
  std::string type = !arg.type_list_attr().empty() ? arg.type_list_attr()
                     : !arg.type_attr().empty()    ? arg.type_attr()
                                                   : core_dtype_name(static_cast<DType>(arg.type()));
  if (!arg.number_attr().empty()) type = arg.number_attr() + "*" + type;
  return fmt::format("{}:{}", arg.name(), arg.is_ref() ? "Ref(" + type + ")" : type);
}

template <typename Args, typename Format>
std::string joined(const Args& args, std::string_view separator, Format format) {
  std::vector<std::string> parts;
  for (const auto& arg : args) parts.push_back(format(arg));
  return fmt::format("{}", fmt::join(parts, separator));
}

}  // namespace

void infer_attrs(const OpDef& op, std::span<const DType> inputs, Node& node) {
  const auto counts = input_counts(op, static_cast<std::int64_t>(inputs.size()), node);
  std::size_t begin = 0;
  for (int i = 0; i < op.input_arg_size(); ++i) {
    const auto count = static_cast<std::size_t>(counts[i]);
    infer_from_argument(op.input_arg(i), inputs.subspan(begin, count), node);
    begin += count;
  }
}

PreparedOp::PreparedOp(const OpDef& op) : op_(op) {
  for (const auto& def : op.attr()) {
    Attr attr{.def = &def};
    for (const KindName& known : kKinds) {
      if (known.name == def.type()) attr = {&def, known.kind, known.list};
    }
    attrs_.push_back(attr);
  }
  std::sort(attrs_.begin(), attrs_.end(), [](const Attr& a, const Attr& b) { return a.def->name() < b.def->name(); });
  inputs_ = prepared(op.input_arg());
  outputs_ = prepared(op.output_arg());
}

int PreparedOp::position_of(const std::string& attr) const {
  for (std::size_t i = 0; i < attrs_.size(); ++i) {
    if (attrs_[i].def->name() == attr) return static_cast<int>(i);
  }
  return -1;
}

std::vector<PreparedOp::Arg> PreparedOp::prepared(const google::protobuf::RepeatedPtrField<ArgDef>& args) const {
  std::vector<Arg> result;
  for (const ArgDef& arg : args) {
    result.push_back(
        {&arg, position_of(arg.type_attr()), position_of(arg.number_attr()), position_of(arg.type_list_attr())});
  }
  return result;
}

// The values of the signature's attributes; false if one is missing. Both lists are sorted.
bool PreparedOp::collect(const Node& node, AttrViews& views) const {
  views.resize(attrs_.size());
  std::size_t at = 0, found = 0;
  node.attrs.for_each([&](const AttrEntry& entry) {
    int order = 1;
    while (at < attrs_.size() && (order = entry.key.compare(attrs_[at].def->name())) > 0) ++at;
    if (order != 0) return;
    views[at++] = AttrView::of(entry.value);
    ++found;
  });
  return found == attrs_.size();
}

NodeTypes PreparedOp::check(Node& node, std::size_t max_inputs) const {
  AttrViews views;
  if (!collect(node, views)) {
    fill_default_attrs(op_, node);
    collect(node, views);
  }
  for (std::size_t i = 0; i < attrs_.size(); ++i) {
    const Attr& attr = attrs_[i];
    if (views[i].kind == AttrKind::Placeholder) continue;  // inside function bodies
    if (!kind_fits(views[i], attr.kind, attr.list)) {
      fail(node, "AttrValue of attr '{}' has type {} when {} was expected", attr.def->name(), attr_kind(views[i]),
           attr.def->type());
    }
    if (attr.def->has_allowed_values() || attr.def->has_minimum()) check_value(*attr.def, views[i], node);
  }
  NodeTypes types;
  types.inputs.reserve(inputs_.size());
  types.outputs.reserve(outputs_.size());
  for (const Arg& arg : inputs_) append_types(arg, views, node, static_cast<std::int64_t>(max_inputs), types.inputs);
  for (const Arg& arg : outputs_) append_types(arg, views, node, kMaxOutputs, types.outputs);
  return types;
}

void PreparedOp::append_types(const Arg& arg, const AttrViews& attrs, const Node& node, std::int64_t max,
                              DTypes& types) const {
  const auto as_argument = [&](DType type) { return arg.def->is_ref() ? ref_dtype(type) : type; };
  if (arg.types >= 0) {
    for_each_type(attrs[arg.types], [&](DType type) { types.push_back(as_argument(type)); });
    return;
  }
  const std::int64_t count = arg.number < 0 ? 1 : attrs[arg.number].as_int();
  if (count < 0 || count > max - static_cast<std::int64_t>(types.size())) {
    fail(node, "attribute {} asks for {} values of '{}'; there is room for {}", arg.def->number_attr(), count,
         arg.def->name(), max - static_cast<std::int64_t>(types.size()));
  }
  const DType type = arg.type < 0 ? static_cast<DType>(arg.def->type()) : attrs[arg.type].as_type();
  types.resize(types.size() + static_cast<std::size_t>(count), as_argument(type));
}

bool input_type_fits(DType given, DType expected) {
  return is_ref(expected) ? given == expected : base_dtype(given) == expected;
}

std::string signature_text(const OpDef& op) {
  std::string text =
      fmt::format("Op<name={}; signature={} -> {}", op.name(), joined(op.input_arg(), ", ", argument_text),
                  joined(op.output_arg(), ", ", argument_text));
  for (const auto& def : op.attr()) {
    text += fmt::format("; attr={}:{}", def.name(), def.type());
    if (def.has_default_value()) text += fmt::format(",default={}", attr_text(def.default_value()));
  }
  return text + ">";
}

}  // namespace tenon
