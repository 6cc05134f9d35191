// What a Saver does, read from the nodes of its graph: the same for a Saver made here and one that a file describes.
//
// Saving is SaveV2 nodes (one per shard) with constant names, whose values come from variables; restoring is a
// RestoreV2 per shard, whose outputs go to Assign nodes. Where a graph has this form, the Saver moves values between
// files and variables itself, without running the nodes: nothing is copied twice, and everything is checked before
// anything changes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "formats/bundle/tensor_slice.h"
#include "graph/graph_impl.h"

namespace tenon {

struct SavePiece {
  std::string key;
  RareString slice;
  Edge value;
  Node* variable = nullptr;  // the VariableV2 or VarHandleOp whose value this is; null: another value, to be fetched
};

struct SaveShard {
  std::vector<SavePiece> pieces;
};

struct RestorePiece {
  std::string key;
  RareString slice;
  DType dtype = DType::Invalid;   // what RestoreV2 says
  Edge restored;                  // the output of RestoreV2
  Node* consumer = nullptr;       // Assign, AssignVariableOp or another operation that restore_all runs; null: no node
  Node* variable = nullptr;       // null: `consumer` must be run
  bool reshape = false;
  bool check_shape = true;        // the variable's declared shape binds
  bool renamed = false;           // `key` is the name in the checkpoint already
};

struct SavePlan {
  bool v1 = false;
  bool sharded = false;
  std::vector<SaveShard> shards;
};

struct RestorePlan {
  std::vector<RestorePiece> pieces;
};

bool is_variable(const Node& node);  // VariableV2, Variable or VarHandleOp

// What restores a variable from the tensor of that name without a node. Throws InvalidArgument for a variable of
// another graph.
RestorePiece piece_of(const GraphImpl& graph, const std::string& key, const Variable& variable);

// Nothing if the nodes have another form: then they must be run.
std::optional<SavePlan> read_save_plan(const GraphImpl& graph, const proto::SaverDef& def);
std::optional<RestorePlan> read_restore_plan(const GraphImpl& graph, const proto::SaverDef& def);

}  // namespace tenon
