// The nodes that TensorFlow's Saver adds to a graph.
#pragma once

#include <string>
#include <vector>

#include "graph/graph_impl.h"
#include "tenon/saver.h"

namespace tenon {

// One tensor of a checkpoint: a variable, or a piece of a partitioned one.
struct Saveable {
  std::string key;
  std::string slice;  // "10 2 0,4:-", "" for a whole variable
  Variable variable;
};

// The type of a variable's value; for a resource variable, not that of its handle.
DType value_dtype(const Variable& variable);

// By name, pieces of one variable together. Throws InvalidArgument for names that occur twice.
std::vector<Saveable> saveables_of(const GraphImpl& graph, const std::vector<Variable>& variables);
std::vector<Saveable> saveables_of(const GraphImpl& graph, const std::map<std::string, Variable>& variables);

// Adds the nodes and returns the SaverDef that names them. REQUIRES: saveables is not empty.
proto::SaverDef add_saver_nodes(GraphImpl& graph, const std::vector<Saveable>& saveables, const SaverOptions& options);

}  // namespace tenon
