#include "graph/graph_impl.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest_names.h"
#include "graph/graph_extra.h"
#include "graph/names.h"
#include "graph/op_signatures.h"
#include "tenon/error.h"

namespace tenon {
namespace {

constexpr std::int64_t kDefaultGraphSeed = 87654321;
constexpr std::int64_t kMaxInt32 = 2147483647;
// What TensorFlow 2.21 writes; a graph of ours follows the same rules.
constexpr int kProducerVersion = 2474;

// As Python's %: never negative.
std::int64_t truncate_seed(std::int64_t seed) { return (seed % kMaxInt32 + kMaxInt32) % kMaxInt32; }

}  // namespace

GraphImpl::GraphImpl() : extra_(std::make_unique<Extra>()) { extra_->versions.set_producer(kProducerVersion); }
GraphImpl::~GraphImpl() = default;

Node* GraphImpl::find(std::string_view name) const {
  const int id = by_name_.find(name, [this](int node) -> std::string_view { return nodes_[node]->name; });
  return id < 0 ? nullptr : nodes_[id].get();
}

void GraphImpl::index_name(const Node& node) {
  by_name_.insert(node.name, node.id, [this](int other) -> std::string_view { return nodes_[other]->name; });
}

Node* GraphImpl::get(std::string_view name) const {
  if (Node* node = find(name)) return node;
  if (const auto output = parse_output_name(name); output && output->index && find(output->node)) {
    throw Error(Code::InvalidArgument,
                fmt::format("Name '{}' appears to refer to a Tensor, not a Operation; the operation is '{}'", name,
                            output->node));
  }
  std::vector<std::string> names;
  for (const auto& node : nodes_) names.push_back(node->name);
  throw Error(Code::NotFound, fmt::format("The name '{}' refers to an Operation not in the graph{}", name,
                                          nearest_phrase(name, names)));
}

Edge GraphImpl::get_output(std::string_view name) const {
  const auto parsed = parse_output_name(name);
  if (!parsed || !parsed->index) {
    if (find(name)) {
      throw Error(Code::InvalidArgument,
                  fmt::format("The name '{0}' refers to an Operation, not a Tensor. Tensor names must be of the form "
                              "\"<op_name>:<output_index>\", such as '{0}:0'",
                              name));
    }
    throw Error(
        Code::InvalidArgument,
        fmt::format("The name '{}' looks like an (invalid) Operation name, not a Tensor. Tensor names must be of "
                    "the form \"<op_name>:<output_index>\"",
                    name));
  }
  Node* node = find(parsed->node);
  if (!node) {
    std::vector<std::string> names;
    for (const auto& other : nodes_) names.push_back(other->name);
    throw Error(
        Code::NotFound,
        fmt::format("The name '{}' refers to a Tensor which does not exist. The operation, '{}', does not exist "
                    "in the graph{}",
                    name, parsed->node, nearest_phrase(parsed->node, names)));
  }
  // An opaque node's outputs are known only as far as somebody uses them.
  if (*parsed->index >= node->num_outputs() && node->signature) {
    throw Error(
        Code::NotFound,
        fmt::format("The name '{}' refers to a Tensor which does not exist. The operation, '{}', exists but only "
                    "has {} outputs",
                    name, parsed->node, node->num_outputs()));
  }
  return {node, *parsed->index};
}

void GraphImpl::use_name(std::string_view name) {
  use_imported_names();
  names_in_use_.try_emplace(lower_case(name), 1);
}

void GraphImpl::use_imported_names() {
  for (; named_ < nodes_.size(); ++named_) names_in_use_.try_emplace(lower_case(nodes_[named_]->name), 1);
}

std::string GraphImpl::unique_name(std::string_view name, bool mark_as_used) {
  use_imported_names();
  std::string full = scope_ + std::string(name);
  const std::string base_key = lower_case(full);
  const auto found = names_in_use_.find(base_key);
  int i = found == names_in_use_.end() ? 0 : found->second;
  if (mark_as_used) names_in_use_[base_key] = i + 1;
  if (i == 0) return full;
  std::string key = base_key;
  while (names_in_use_.contains(key)) key.replace(base_key.size(), key.npos, fmt::format("_{}", i++));
  if (mark_as_used) names_in_use_[key] = 1;
  return full + "_" + std::to_string(i - 1);
}

void GraphImpl::check_not_finalized() const {
  if (finalized_) throw Error(Code::FailedPrecondition, "Graph is finalized and cannot be modified.");
}

std::vector<Variable>& GraphImpl::variables(std::string_view collection) {
  return variable_collections_[std::string(collection)];
}

GraphImpl::VariableScopes& GraphImpl::variable_scopes() { return extra_->variable_scopes; }

std::pair<std::int64_t, std::int64_t> GraphImpl::op_seeds(std::optional<std::int64_t> op_seed) const {
  using Seeds = std::pair<std::int64_t, std::int64_t>;
  // The kernels take {0, 0} for "draw a seed".
  if (!has_seed_) return op_seed ? Seeds(kDefaultGraphSeed, truncate_seed(*op_seed)) : Seeds(0, 0);
  const std::int64_t second = op_seed ? *op_seed : extra_->random_ops++;
  const Seeds seeds(truncate_seed(seed_), truncate_seed(second));
  return seeds == Seeds(0, 0) ? Seeds(0, kMaxInt32) : seeds;
}

const proto::OpDef* GraphImpl::find_signature(std::string_view type) const {
  if (const proto::OpDef* op = find_op_def(type)) return op;
  auto& extra = *extra_;
  for (; extra.indexed_functions < extra.library.function_size(); ++extra.indexed_functions) {
    const auto& signature = extra.library.function(extra.indexed_functions).signature();
    extra.function_signatures.emplace(signature.name(), &signature);
  }
  for (; extra.indexed_ops < extra.file_ops.op_size(); ++extra.indexed_ops) {
    const auto& op = extra.file_ops.op(extra.indexed_ops);
    extra.function_signatures.emplace(op.name(), &op);
  }
  const auto found = extra.function_signatures.find(std::string(type));
  return found == extra.function_signatures.end() ? nullptr : found->second;
}

const PreparedOp& GraphImpl::prepared(const proto::OpDef& signature) {
  auto& known = extra_->prepared[&signature];
  if (!known) known = std::make_unique<PreparedOp>(signature);
  return *known;
}

proto::FunctionDefLibrary& GraphImpl::library() { return extra_->library; }
proto::VersionDef& GraphImpl::versions() { return extra_->versions; }

}  // namespace tenon
