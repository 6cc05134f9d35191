// What GraphImpl keeps out of its header: the stacks of the scopes, and what files carry besides nodes.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/shared_bytes.h"
#include "graph.pb.h"
#include "graph/graph_impl.h"
#include "graph/node_types.h"
#include "graph/variable_scope.h"
#include "meta_graph.pb.h"

namespace tenon {

struct SaveableObject;

// One control_dependencies scope. An operation that has an input from `seen` waits for `inputs` anyway.
struct ControlScope {
  std::vector<Node*> inputs;
  std::unordered_set<const Node*> seen;
};

struct GraphImpl::Extra {
  std::vector<std::shared_ptr<ControlScope>> control_scopes;
  std::vector<Node*> colocation;  // innermost last
  std::string device;             // merged and canonical
  std::int64_t random_ops = 0;    // how many operations took their seed from the graph's

  VariableScopes variable_scopes;

  proto::FunctionDefLibrary library;
  std::unordered_map<std::string, const proto::OpDef*> function_signatures;
  proto::OpList file_ops;  // signatures from imported files of ops that nobody registered
  std::unordered_map<const proto::OpDef*, std::unique_ptr<PreparedOp>> prepared;
  int indexed_functions = 0, indexed_ops = 0;
  proto::VersionDef versions;
  proto::GraphDef graph_fields;  // unknown fields of the first imported file

  // What imported nodes point into.
  std::vector<SharedBytes> files;

  // As files had them, by the variable's name: slices, synchronization, fields of later versions.
  std::map<std::string, proto::VariableDef> variable_defs;
  // The collection "saveable_objects"; files have the names only.
  std::vector<std::shared_ptr<const SaveableObject>> saveable_objects;
  // Collections of int64, float and Any.
  std::map<std::string, proto::CollectionDef> other_collections;
  // What came with the first imported MetaGraphDef besides its graph and collections.
  proto::MetaGraphDef rest;
};

// For the files of this room that import and export.
struct GraphAccess {
  static GraphImpl::Extra& extra(const GraphImpl& graph) { return *graph.extra_; }
  static const std::map<std::string, std::vector<Variable>>& variable_collections(const GraphImpl& graph) {
    return graph.variable_collections_;
  }
};

}  // namespace tenon
