// Savers of all kinds, as TensorFlow's.
#include <gtest/gtest.h>

#include "graph/variable_scope.h"
#include "oracle/saver_graphs.h"
#include "ops/builder.h"
#include "tenon/train.h"

namespace tenon {
namespace {

// proves: S3.1 S3.5 S3.8 S3.10 S3.12 S3.15
TEST(SaverGraphs, OfAllVariables) {
  expect_same("all_variables", [](Graph& graph) {
    plain(graph);
    zeros_variable(graph, "none", {2}, {.collections = {"local_variables"}});
    return Saver(graph, {.max_to_keep = 3, .keep_checkpoint_every_n_hours = 2});
  });
}

// proves: S3.2 S3.8
TEST(SaverGraphs, OfAListThatIsNested) {
  expect_same("a_list", [](Graph& graph) {
    const auto [v, b] = plain(graph);
    return Saver(graph, {v, {b}}, {.max_to_keep = 0});
  });
}

// proves: S3.3 S3.5
TEST(SaverGraphs, OfADictionary) {
  expect_same("a_dictionary", [](Graph& graph) {
    const auto [v, b] = plain(graph);
    return Saver(graph, {{"z/renamed", v}, {"b", b}});
  });
}

// proves: S3.9 S3.14
TEST(SaverGraphs, HaveNameScopesOfTheirOwn) {
  expect_same("names", [](Graph& graph) {
    const Variable v = plain(graph).first;
    Saver{graph};
    {
      auto outer = graph.name_scope("outer");
      Saver(graph, {v});
    }
    Saver(graph, {v}, {.name = "mine"});
    return Saver(graph, {v}, {.filename = "/somewhere/else", .restore_sequentially = true});
  });
}

// proves: S3.19
TEST(SaverGraphs, DeferredOnesHaveWhatThereIsWhenTheyAreBuilt) {
  expect_same("deferred", [](Graph& graph) {
    Saver saver(graph, {.defer_build = true});
    EXPECT_EQ(graph.num_operations(), 0);
    plain(graph);
    saver.build();
    saver.build();
    return saver;
  });
}

// proves: S3.1
TEST(SaverGraphs, HaveTheSlotsOfOptimizersAndTheGlobalStep) {
  expect_same("optimizer_slots", [](Graph& graph) {
    const Variable v = plain(graph).first;
    const Variable step = train::get_or_create_global_step(graph);
    train::AdamOptimizer(.1f).minimize(reduce_sum(v * v), {.global_step = step});
    return Saver(graph);
  });
}

// proves: S3.13
TEST(SaverGraphs, ReshapeToKnownShapesAndToThoseOfTheValues) {
  expect_same("reshape", [](Graph& graph) {
    const auto [v, b] = plain(graph);
    const Variable r = zeros_variable(graph, "r", {2}, {.use_resource = true});
    const Variable rows = variable(placeholder(graph, float32, {-1, 2}), "any_rows", {.validate_shape = false});
    return Saver(graph, {v, b, r, rows}, {.reshape = true});
  });
}

// proves: S3.12
TEST(SaverGraphs, DoNotValidateShapesThatAreUnknown) {
  expect_same("unknown_shapes", [](Graph& graph) {
    const Variable v = plain(graph).first;
    return Saver(graph, {v, variable(placeholder(graph, float32, {-1, 2}), "any_rows", {.validate_shape = false})});
  });
}

void on_devices(Graph& graph) {
  variable(graph, Tensor(1.f), "here");
  for (const auto& [name, device] :
       {std::pair("first", "/cpu:0"), {"second", "/device:GPU:0"}, {"first_again", "/device:CPU:0"}}) {
    auto placed = graph.device(device);
    variable(graph, Tensor(2.f), name);
  }
}

// proves: S3.16
TEST(SaverGraphs, ShardedOnOneDevice) {
  expect_same("sharded_on_one_device", [](Graph& graph) {
    plain(graph);
    return Saver(graph, {.sharded = true});
  });
}

// proves: S3.16 S3.17
TEST(SaverGraphs, ShardedOnThreeDevices) {
  expect_same("sharded_on_three_devices", [](Graph& graph) {
    on_devices(graph);
    return Saver(graph, {.sharded = true});
  });
}

// proves: S3.16 S3.17
TEST(SaverGraphs, ShardedOnSeveralJobs) {
  expect_same("sharded_on_jobs", [](Graph& graph) {
    for (const auto& [name, device] : {std::pair("v0", "/job:ps/task:0"), {"v1", "/job:ps/task:1"}}) {
      auto placed = graph.device(device);
      variable(graph, Tensor(1.f), name);
    }
    {
      auto placed = graph.device("/job:ps/replica:0/task:0/device:CPU:0");
      zeros_variable(graph, "r", {2}, {.use_resource = true});
    }
    return Saver(graph, {.sharded = true});
  });
}

// proves: S3.18
TEST(SaverGraphs, OfVersion1) {
  expect_same("version_1", [](Graph& graph) {
    plain(graph);
    return Saver(graph, {.v1_format = true});
  });
}

// proves: S3.18
TEST(SaverGraphs, OfVersion1Sharded) {
  expect_same("version_1_sharded", [](Graph& graph) {
    on_devices(graph);
    return Saver(graph, {.sharded = true, .v1_format = true});
  });
}

// proves: S3.2 S3.11 S3.12
TEST(SaverGraphs, OfResourceVariables) {
  expect_same("resources", [](Graph& graph) {
    const Variable a = zeros_variable(graph, "a", {2}, {.use_resource = true});
    {
      auto placed = graph.device("/device:CPU:0");
      zeros_variable(graph, "placed", {2, 2}, {.dtype = int32, .use_resource = true});
    }
    zeros_variable(graph, "c", {}, {.dtype = float64, .use_resource = true});
    Saver{graph};
    return Saver(graph, {{"renamed", a}});
  });
}

// proves: S3.11 S3.12 S3.16
TEST(SaverGraphs, OfResourceVariablesSharded) {
  expect_same("resources_sharded", [](Graph& graph) {
    for (const auto& [name, device] : {std::pair("on_cpu", "/cpu:0"), {"on_gpu", "/device:GPU:0"}}) {
      auto placed = graph.device(device);
      zeros_variable(graph, name, {2}, {.use_resource = true});
    }
    return Saver(graph, {.sharded = true});
  });
}

// proves: S3.4 S3.5 S3.11
TEST(SaverGraphs, OfPiecesInListsAndDictionaries) {
  expect_same("pieces", [](Graph& graph) {
    const PartitionedVariable w = pieces_of(graph);
    zeros_variable(graph, "v", {2});
    pieces_of(graph, "one", {3}, 1);
    pieces_of(graph, "r", {3}, 2, 0, {.use_resource = true});
    Saver{graph};
    Saver(graph, {w});
    Saver(graph, {{"renamed", w}});
    Saver(graph, {{"renamed", w.pieces()}});
    return Saver(graph, {{"x", w.pieces()[1]}, {"y", w.pieces()[0]}});
  });
}

// proves: S3.5
TEST(SaverGraphs, OfManyPiecesInTheOrderOfTheirNames) {
  expect_same("many_pieces", [](Graph& graph) {
    pieces_of(graph, "w", {24}, 12);
    return Saver(graph);
  });
}

// proves: S3.4 S3.13 S3.17
TEST(SaverGraphs, OfPiecesOnSeveralDevices) {
  expect_same("pieces_sharded", [](Graph& graph) {
    std::vector<Variable> pieces;
    for (std::int64_t i = 0; i < 2; ++i) {
      auto placed = graph.device("/cpu:" + std::to_string(i));
      pieces.push_back(zeros_variable(graph, "w/part_" + std::to_string(i), {2, 3}));
      set_save_slice_info(pieces.back(),
                          {.full_name = "w", .full_shape = {4, 3}, .var_offset = {2 * i, 0}, .var_shape = {2, 3}});
    }
    return Saver(graph, pieces, {.reshape = true, .sharded = true});
  });
}

// Two values that are in no collection.
SaveableObject pair_of(Graph& graph) {
  const Variable keys =
      zeros_variable(graph, "pair/keys", {3}, {.dtype = int64, .trainable = false, .collections = {}});
  const Variable values = zeros_variable(graph, "pair/values", {3}, {.trainable = false, .collections = {}});
  const Output saved_keys = identity(keys), saved_values = identity(values);
  return {.name = "pair",
          .op = keys.handle,
          .specs = {{"pair-keys", saved_keys}, {"pair-values", saved_values}},
          .restore = [=](const std::vector<Output>& restored, const std::vector<Ints>&) {
            const Operation first = assign(keys, restored[0]).op();
            return group({first, assign(values, restored[1]).op()});
          }};
}

// proves: S3.1 S3.4 S3.7
TEST(SaverGraphs, OfSaveableObjects) {
  expect_same("saveable_objects", [](Graph& graph) {
    plain(graph);
    const SaveableObject pair = pair_of(graph);
    add_saveable_object(graph, pair);
    Saver{graph};
    Saver(graph, {pair}, {.sharded = true});
    Saver saver(graph, {{"ignored", pair}});
    graph.impl().node_collections().clear();
    return saver;
  });
}

// tf.lookup.experimental.MutableHashTable, as far as a Saver sees it.
SaveableObject table_of(Graph& graph, const std::string& name) {
  constant(graph, Tensor(std::int64_t{-1}));  // what it gives for unknown keys
  const Output table = add_op(graph, "MutableHashTableV2", name, {},
                              {{"key_dtype", string}, {"value_dtype", int64}, {"use_node_name_sharing", true}});
  set_shape(table, PartialShape::scalar());
  Output keys, values;
  {
    auto scope = graph.name_scope(name + "_lookup_table_export_values/");
    auto beside = graph.impl().colocate_with(table.op().node());
    Node* node = add_node(graph, "LookupTableExportV2", "LookupTableExportV2", {table},
                          {{"Tkeys", string}, {"Tvalues", int64}});
    keys = to_output({node, 0});
    values = to_output({node, 1});
  }
  return {.name = name,
          .op = table,
          .specs = {{name + "-keys", keys}, {name + "-values", values}},
          .restore = [=](const std::vector<Output>& restored, const std::vector<Ints>&) {
            auto scope = table.graph().name_scope(name + "_table_restore");
            auto beside = table.graph().colocate_with(table.op().node());
            return to_operation(add_node(table.graph(), "LookupTableImportV2", "LookupTableImportV2",
                                         {table, restored[0], restored[1]}));
          }};
}

// proves: S3.7 S3.16
TEST(SaverGraphs, OfTables) {
  expect_same("tables", [](Graph& graph) {
    plain(graph);
    add_saveable_object(graph, table_of(graph, "words"));
    {
      auto placed = graph.device("/cpu:0");
      zeros_variable(graph, "placed", {2});
    }
    Saver{graph};
    return Saver(graph, {.sharded = true});
  });
}

// proves: S3.9
TEST(SaverGraphs, OfAVariableScope) {
  expect_same("scopes_of_savers", [](Graph& graph) {
    auto scope = variable_scope(graph, "scope");
    zeros_variable(graph, "v", {2});
    Saver saver(graph);
    graph.impl().bytes_collections()["savers"].push_back(saver.as_saver_def()->to_bytes());
    return saver;
  });
}

}  // namespace
}  // namespace tenon
