#include "graph/node_types.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "graph.pb.h"
#include "graph/attr_value.h"
#include "tenon/error.h"

namespace tenon {
namespace {

using proto::AttrValue;
using proto::NodeDef;
using proto::OpDef;
using ArgDef = OpDef::ArgDef;

constexpr std::int64_t kMaxOutputs = 1 << 20;

template <typename... Args>
[[noreturn]] void fail(const NodeDef& node, fmt::format_string<Args...> text, Args&&... args) {
  throw Error(Code::InvalidArgument,
              fmt::format("Node '{}' ({}): {}", node.name(), node.op(), fmt::format(text, std::forward<Args>(args)...)));
}

const AttrValue* find(const NodeDef& node, const std::string& name) {
  const auto found = node.attr().find(name);
  return found == node.attr().end() ? nullptr : &found->second;
}

const AttrValue& require(const OpDef& op, const NodeDef& node, const std::string& name) {
  if (const AttrValue* attr = find(node, name)) return *attr;
  fail(node, "NodeDef missing attr '{}' from {}", name, signature_text(op));
}

// How many inputs an argument takes as far as the attributes say; nothing if that is still open.
std::optional<std::int64_t> known_count(const ArgDef& arg, const NodeDef& node) {
  if (!arg.number_attr().empty()) {
    const AttrValue* count = find(node, arg.number_attr());
    return count ? std::optional(count->i()) : std::nullopt;
  }
  if (!arg.type_list_attr().empty()) {
    const AttrValue* types = find(node, arg.type_list_attr());
    return types ? std::optional<std::int64_t>(types->list().type_size()) : std::nullopt;
  }
  return 1;
}

const std::string& count_attr(const ArgDef& arg) {
  return arg.number_attr().empty() ? arg.type_list_attr() : arg.number_attr();
}

// The number of inputs per argument. One open length (shared by several arguments perhaps) follows from the total.
std::vector<std::int64_t> input_counts(const OpDef& op, std::int64_t total, const NodeDef& node) {
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
  for (const ArgDef& arg : op.input_arg()) counts.push_back(known_count(arg, node).value_or(open ? (total - fixed) / open : 0));
  return counts;
}

void set_type(NodeDef& node, const std::string& attr, DType type) {
  (*node.mutable_attr())[attr].set_type(static_cast<proto::DataType>(base_dtype(type)));
}

void infer_from_argument(const ArgDef& arg, std::span<const DType> inputs, NodeDef& node) {
  if (!arg.number_attr().empty() && !find(node, arg.number_attr())) {
    (*node.mutable_attr())[arg.number_attr()].set_i(static_cast<std::int64_t>(inputs.size()));
  }
  if (!arg.type_list_attr().empty() && !find(node, arg.type_list_attr())) {
    auto* list = (*node.mutable_attr())[arg.type_list_attr()].mutable_list();
    for (const DType type : inputs) list->add_type(static_cast<proto::DataType>(base_dtype(type)));
  }
  if (!arg.type_attr().empty() && !inputs.empty() && !find(node, arg.type_attr()) &&
      inputs.front() != DType::Invalid) {
    set_type(node, arg.type_attr(), inputs.front());
  }
}

// An empty list fits every list kind; an unset value is what an empty list looks like in some files.
bool kind_fits(std::string_view wanted, const AttrValue& attr) {
  const std::string_view found = attr_kind(attr);
  if (wanted == found) return true;
  return wanted.starts_with("list(") && (found == "list()" || found.empty());
}

bool allowed(const OpDef::AttrDef& def, const AttrValue& attr) {
  const auto& list = def.allowed_values().list();
  const auto type_allowed = [&](int type) {
    return std::find(list.type().begin(), list.type().end(), type) != list.type().end();
  };
  const auto text_allowed = [&](const std::string& s) {
    return std::find(list.s().begin(), list.s().end(), s) != list.s().end();
  };
  if (def.type() == "type") return type_allowed(attr.type());
  if (def.type() == "string") return text_allowed(attr.s());
  if (def.type() == "list(type)") return std::all_of(attr.list().type().begin(), attr.list().type().end(), type_allowed);
  if (def.type() == "list(string)") return std::all_of(attr.list().s().begin(), attr.list().s().end(), text_allowed);
  return true;
}

std::int64_t list_size(const AttrValue::ListValue& list) {
  return list.s_size() + list.i_size() + list.f_size() + list.b_size() + list.type_size() + list.shape_size() +
         list.tensor_size() + list.func_size();
}

void check_attr(const OpDef::AttrDef& def, const AttrValue& attr, const NodeDef& node) {
  if (attr.value_case() == AttrValue::kPlaceholder) return;  // inside function bodies
  if (!kind_fits(def.type(), attr)) {
    fail(node, "AttrValue of attr '{}' has type {} when {} was expected", def.name(), attr_kind(attr), def.type());
  }
  if (def.has_allowed_values() && !allowed(def, attr)) {
    fail(node, "Value for attr '{}' of {} is not in the list of allowed values: {}", def.name(), attr_text(attr),
         attr_text(def.allowed_values()));
  }
  const bool is_list = def.type().starts_with("list(");
  const std::int64_t size = is_list ? list_size(attr.list()) : attr.i();
  if (def.has_minimum() && size < def.minimum()) {
    fail(node, "{} for attr '{}' of {} must be at least minimum {}", is_list ? "Length" : "Value", def.name(), size,
         def.minimum());
  }
}

DType argument_type(const OpDef& op, const ArgDef& arg, const NodeDef& node) {
  const DType type = arg.type_attr().empty() ? static_cast<DType>(arg.type())
                                             : static_cast<DType>(require(op, node, arg.type_attr()).type());
  return arg.is_ref() ? ref_dtype(type) : type;
}

void append_types(const OpDef& op, const ArgDef& arg, const NodeDef& node, std::int64_t max, std::vector<DType>& types) {
  if (!arg.type_list_attr().empty()) {
    for (const int type : require(op, node, arg.type_list_attr()).list().type()) {
      types.push_back(arg.is_ref() ? ref_dtype(static_cast<DType>(type)) : static_cast<DType>(type));
    }
    return;
  }
  const std::int64_t count = arg.number_attr().empty() ? 1 : require(op, node, arg.number_attr()).i();
  if (count < 0 || count > max - static_cast<std::int64_t>(types.size())) {
    fail(node, "attribute {} asks for {} values of '{}'; there is room for {}", arg.number_attr(), count, arg.name(),
         max - static_cast<std::int64_t>(types.size()));
  }
  if (count) types.insert(types.end(), static_cast<std::size_t>(count), argument_type(op, arg, node));
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

void infer_attrs(const OpDef& op, std::span<const DType> inputs, NodeDef& node) {
  const auto counts = input_counts(op, static_cast<std::int64_t>(inputs.size()), node);
  std::size_t begin = 0;
  for (int i = 0; i < op.input_arg_size(); ++i) {
    const auto count = static_cast<std::size_t>(counts[i]);
    infer_from_argument(op.input_arg(i), inputs.subspan(begin, count), node);
    begin += count;
  }
}

void fill_default_attrs(const OpDef& op, NodeDef& node) {
  for (const auto& def : op.attr()) {
    if (find(node, def.name())) continue;
    if (!def.has_default_value()) fail(node, "NodeDef missing attr '{}' from {}", def.name(), signature_text(op));
    (*node.mutable_attr())[def.name()] = def.default_value();
  }
}

void check_attrs(const OpDef& op, const NodeDef& node) {
  for (const auto& def : op.attr()) check_attr(def, require(op, node, def.name()), node);
}

NodeTypes node_types(const OpDef& op, const NodeDef& node, std::size_t max_inputs) {
  NodeTypes types;
  for (const ArgDef& arg : op.input_arg()) {
    append_types(op, arg, node, static_cast<std::int64_t>(max_inputs), types.inputs);
  }
  for (const ArgDef& arg : op.output_arg()) append_types(op, arg, node, kMaxOutputs, types.outputs);
  return types;
}

bool input_type_fits(DType given, DType expected) {
  return is_ref(expected) ? given == expected : base_dtype(given) == expected;
}

std::string signature_text(const OpDef& op) {
  std::string text = fmt::format("Op<name={}; signature={} -> {}", op.name(), joined(op.input_arg(), ", ", argument_text),
                                 joined(op.output_arg(), ", ", argument_text));
  for (const auto& def : op.attr()) {
    text += fmt::format("; attr={}:{}", def.name(), def.type());
    if (def.has_default_value()) text += fmt::format(",default={}", attr_text(def.default_value()));
  }
  return text + ">";
}

}  // namespace tenon
