// Variables and what is made for them, as TensorFlow's.
#include <gtest/gtest.h>

#include "graph/variable_scope.h"
#include "oracle/saver_graphs.h"
#include "ops/builder.h"
#include "tenon/initialize.h"
#include "tenon/train.h"
#include "testing/working_folder.h"

namespace tenon {
namespace {

VariableOptions zeros_of(DType dtype = float32) { return {.dtype = dtype, .initializer = zeros_initializer()}; }

TEST(SaverGraphs, PartitionersCutVariablesAsTensorFlows) {
  expect_same("partitioned_variables", [](Graph& graph) {
    const Output x = placeholder(graph, float32, {-1, 10});
    const PartitionedVariable w = get_variable(graph, "w", {10, 4}, fixed_size_partitioner(3));
    matmul(x, w);
    {
      auto outer = graph.name_scope("outer");
      matmul(x, w);
    }
    pieces_of(graph, "columns", {2, 5}, 2, 1, {.dtype = int32});
    identity(pieces_of(graph, "one", {3}, 1, 0, {.trainable = false}));
    pieces_of(graph, "many", {3}, 7);
    get_variable(graph, "bytes", {8, 4}, variable_axis_size_partitioner(40), zeros_of());
    get_variable(graph, "few_bytes", {8, 4}, variable_axis_size_partitioner(40, {.axis = 1, .max_shards = 2}),
                 zeros_of());
    get_variable(graph, "min_max", {8, 4}, min_max_variable_partitioner(3, {.min_slice_size = 40}), zeros_of());
    get_variable(graph, "min_max_columns", {8, 4}, min_max_variable_partitioner(5, {.axis = 1, .min_slice_size = 16}),
                 zeros_of());
    get_variable(graph, "words", {3}, variable_axis_size_partitioner(32), zeros_of(string));
    return kNone;
  });
}

TEST(SaverGraphs, PartitionedVariablesAreSharedInTheirScopes) {
  expect_same("partitioned_scopes", [](Graph& graph) {
    PartitionedVariable w;
    {
      auto scope = variable_scope(graph, "scope");
      w = pieces_of(graph);
      auto inner = graph.name_scope("inner");
      get_variable(graph, "v", {6, 2}, fixed_size_partitioner(2), {.initializer = ones_initializer()});
    }
    {
      auto scope = variable_scope(graph, "scope", {.reuse = true});
      EXPECT_EQ(pieces_of(graph).pieces()[1].name(), w.pieces()[1].name());
    }
    {
      auto device = graph.device("/device:CPU:1");
      pieces_of(graph, "placed", {4}, 2);
    }
    graph.global_variables_initializer();
    return kNone;
  });
}

TEST(SaverGraphs, PartitionedVariablesTakeTheirPartsOfAValue) {
  expect_same("partitioned_from_a_value", [](Graph& graph) {
    const Output value = constant(graph, Tensor({5, 2}, {0.f, 1.f, 2.f, 3.f, 4.f, 5.f, 6.f, 7.f, 8.f, 9.f}), "value");
    get_variable("w", value, fixed_size_partitioner(2));
    create_partitioned_variables({1, 2}, value, {}, "old");
    create_partitioned_variables({2, 1}, value);
    create_partitioned_variables(graph, {4}, {2},
                                 {.dtype = float64, .initializer = ones_initializer(), .trainable = false});
    return kNone;
  });
}

TEST(SaverGraphs, AssignmentsToPartitionedVariablesGoToTheirPieces) {
  expect_same("partitioned_assignments", [](Graph& graph) {
    const PartitionedVariable w = pieces_of(graph);
    assign(w, ones(graph, {10, 2}));
    assign_add(w, ones(graph, {10, 2}));
    const Output a = ones(graph, {4, 2}), b = ones(graph, {3, 2}), c = ones(graph, {3, 2});
    assign_sub(w, std::vector<Output>{a, b, c});
    return kNone;
  });
}

// proves: S3.11
TEST(SaverGraphs, ResourceVariablesAreMadeOfTensorFlowsNodes) {
  expect_same("resource_variables", [](Graph& graph) {
    variable(graph, Tensor({2}, {1.f, 2.f}), "v", {.use_resource = true});
    variable(constant(graph, Tensor(3)), "", {.trainable = false, .use_resource = true});
    get_variable(graph, "w", {3, 4}, {.use_resource = true});
    zeros_variable(graph, "z", {2}, {.dtype = int64, .use_resource = true});
    {
      auto names = graph.name_scope("names");
      auto device = graph.device("/device:CPU:0");
      variable(graph, Tensor(1.f), "placed", {.use_resource = true});
    }
    Variable u;
    {
      auto scope = variable_scope(graph, "scope", {.use_resource = true});
      u = zeros_variable(graph, "u", {2});
      get_variable(graph, "n", {2, 2}, {.initializer = random_normal_initializer(0., 1., 3)});
      {
        auto deeper = variable_scope(graph, "deeper");
        zeros_variable(graph, "d", {1});
      }
      zeros_variable(graph, "reference", {1}, {.use_resource = false});
    }
    const Tensor value({2}, {1.f, 2.f});
    assign(u, value);
    assign_add(u, value, "more");
    assign_sub(u, value);
    graph.global_variables_initializer();
    return kNone;
  });
}

TEST(SaverGraphs, PartitionedResourceVariablesReadTheirPiecesAnew) {
  expect_same("partitioned_resource_variables", [](Graph& graph) {
    identity(pieces_of(graph, "w", {10, 2}, 3, 0, {.use_resource = true}));
    graph.global_variables_initializer();
    return kNone;
  });
}

TEST(SaverGraphs, VariablesAreInTheCollectionsThatAreAskedFor) {
  expect_same("collections_of_variables", [](Graph& graph) {
    zeros_variable(graph, "local", {2}, {.trainable = false, .collections = {"local_variables"}});
    zeros_variable(graph, "both", {2}, {.collections = {"variables", "model_variables"}});
    zeros_variable(graph, "none", {2}, {.trainable = false, .collections = {}});
    variable(placeholder(graph, float32, {-1, 2}), "any_rows", {.validate_shape = false});
    variables_initializer(graph, graph.local_variables());
    return kNone;
  });
}

TEST(SaverGraphs, GlobalStepsAreMadeOnce) {
  expect_same("global_steps", [](Graph& graph) {
    EXPECT_FALSE(train::get_global_step(graph));
    const Variable step = train::get_or_create_global_step(graph);
    EXPECT_EQ(train::get_or_create_global_step(graph).name(), step.name());
    EXPECT_EQ(train::get_global_step(graph)->name(), step.name());
    EXPECT_THROW(train::create_global_step(graph), Error);
    return Saver(graph);
  });
}

TEST(SaverGraphs, GlobalStepsMayBeResources) {
  expect_same("resource_global_step", [](Graph& graph) {
    const VariableScopeInfo root;
    auto resources = enter_variable_scope(graph, {.auxiliary_name_scope = false, .scope = &root, .use_resource = true});
    train::create_global_step(graph);
    return kNone;
  });
}

TEST(SaverGraphs, ReportsOfUninitializedVariables) {
  expect_same("uninitialized", [](Graph& graph) {
    const auto [v, b] = plain(graph);
    zeros_variable(graph, "r", {2}, {.use_resource = true});
    zeros_variable(graph, "local", {2}, {.collections = {"local_variables"}});
    report_uninitialized_variables(graph);
    report_uninitialized_variables(graph, {v}, "mine");
    report_uninitialized_variables(graph, std::vector<Variable>{});
    is_variable_initialized(b);
    return kNone;
  });
}

// proves: S5.15
TEST(SaverGraphs, InitializersThatReadACheckpoint) {
  const std::string folder = std::string(TENON_FIXTURES) + "/saver_graphs/";
  expect_same("initialized_from_a_checkpoint", [&](Graph& graph) {
    const auto [v, b] = plain(graph);
    {
      auto scope = variable_scope(graph, "new");
      {
        auto inner = variable_scope(graph, "inner");
        zeros_variable(graph, "x", {2});
      }
      zeros_variable(graph, "r", {2}, {.use_resource = true});
      pieces_of(graph, "w", {4, 3}, 2);
    }
    Variable placed;
    {
      auto device = graph.device("/device:GPU:0");
      placed = zeros_variable(graph, "placed", {2});
    }
    const WorkingFolder here(folder);  // the path stands in the graph
    init_from_checkpoint(graph, "init.ckpt", {{"old/", "new/"}});
    init_from_checkpoint(graph, "init.ckpt", {{"v", v}, {"v", placed}, {"a/b", "a/b"}});
    graph.global_variables_initializer();
    return kNone;
  });
}

}  // namespace
}  // namespace tenon
