#include "oracle/saver_graphs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/meta_graph/meta_graph.h"
#include "graph/export_meta_graph.h"
#include "graph/import_meta_graph.h"
#include "graph/variable_scope.h"
#include "meta_graph.pb.h"
#include "oracle/graph_compare.h"
#include "ops/builder.h"
#include "saver/saver_impl.h"

namespace tenon {
namespace {

std::string text_of(const std::string& collection, const std::string& bytes) {
  proto::VariableDef def;
  return is_variable_collection(collection) && def.ParseFromString(bytes) ? def.ShortDebugString() : bytes;
}

// One line for each value.
std::vector<std::string> lines_of(const std::string& name, const proto::CollectionDef& collection) {
  std::vector<std::string> lines;
  for (const auto& bytes : collection.bytes_list().value()) lines.push_back(text_of(name, bytes));
  for (const auto& node : collection.node_list().value()) lines.push_back(node);
  return lines;
}

void expect_same_collections(const proto::MetaGraphDef& ours, const proto::MetaGraphDef& theirs) {
  std::vector<std::string> names, their_names;
  for (const auto& [name, collection] : ours.collection_def()) names.push_back(name);
  for (const auto& [name, collection] : theirs.collection_def()) their_names.push_back(name);
  EXPECT_THAT(names, ::testing::UnorderedElementsAreArray(their_names));
  for (const auto& [name, collection] : theirs.collection_def()) {
    const auto found = ours.collection_def().find(name);
    if (found == ours.collection_def().end()) continue;
    EXPECT_EQ(lines_of(name, found->second), lines_of(name, collection)) << name;
  }
}

proto::MetaGraphDef exported_with(const Graph& graph, const Saver* saver) {
  MetaGraphOptions options;
  options.graph.add_shapes = true;
  if (saver) options.saver_def = saver->impl().def();
  return export_meta_graph_def(graph.impl(), options);
}

}  // namespace

void expect_same(const std::string& name, const Build& build) {
  Graph graph;
  const std::optional<Saver> saver = build(graph);
  const auto theirs = read_meta_graph(std::string(TENON_FIXTURES) + "/saver_graphs/" + name + ".meta");
  const proto::MetaGraphDef ours = exported_with(graph, saver ? &*saver : nullptr);
  EXPECT_THAT(testing::differences(ours.graph_def(), theirs->graph_def()), ::testing::IsEmpty());
  expect_same_collections(ours, *theirs);
  EXPECT_EQ(ours.saver_def().ShortDebugString(), theirs->saver_def().ShortDebugString());
}

PartitionedVariable pieces_of(Graph& graph, std::string_view name, const Shape& shape, std::int64_t count,
                              int axis, VariableOptions options) {
  options.initializer = zeros_initializer();
  return get_variable(graph, name, shape, fixed_size_partitioner(count, axis), options);
}

std::pair<Variable, Variable> plain(Graph& graph) {
  const Variable v = variable(graph, Tensor({2}, {1.f, 2.f}), "v");
  auto scope = variable_scope(graph, "a");
  return {v, zeros_variable(graph, "b", {2, 3}, {.dtype = int32, .trainable = false})};
}

}  // namespace tenon
