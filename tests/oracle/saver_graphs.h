// Graphs of variables and Savers, compared with those that tools/oracle/saver_graphs.py made with TensorFlow.
//
//   expect_same("a_list", [](Graph& graph) { return Saver(graph, {pieces_of(graph)}); });
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tenon/initializers.h"
#include "tenon/partitioned_variable.h"
#include "tenon/saver.h"
#include "testing/zeros_variable.h"

namespace tenon {

// Makes a graph, and its Saver if the case has one.
using Build = std::function<std::optional<Saver>(Graph&)>;
constexpr auto kNone = std::nullopt;

// Node for node, collection for collection.
void expect_same(const std::string& name, const Build& build);

PartitionedVariable pieces_of(Graph& graph, std::string_view name = "w", const Shape& shape = {10, 2},
                              std::int64_t count = 3, int axis = 0, VariableOptions options = {});

// v, and a/b in a scope.
std::pair<Variable, Variable> plain(Graph& graph);

}  // namespace tenon
