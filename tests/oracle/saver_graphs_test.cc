// Variables and Savers, node for node, collection for collection as tools/oracle/saver_graphs.py made them with TensorFlow.
#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "formats/meta_graph/meta_graph.h"
#include "graph/export_meta_graph.h"
#include "graph/import_meta_graph.h"
#include "graph/variable_scope.h"
#include "meta_graph.pb.h"
#include "oracle/graph_compare.h"
#include "ops/builder.h"
#include "ops/shape_inference.h"
#include "saver/saver_impl.h"
#include "tenon/initialize.h"
#include "tenon/initializers.h"
#include "tenon/partitioned_variable.h"
#include "tenon/saver.h"
#include "tenon/train.h"

namespace tenon {
namespace {

using ::testing::IsEmpty;

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
  options.graph.infer_shapes = infer_shapes;
  if (saver) options.saver_def = saver->impl().def();
  return export_meta_graph_def(graph.impl(), options);
}

using Build = std::function<std::optional<Saver>(Graph&)>;

void expect_same(const std::string& name, const Build& build) {
  Graph graph;
  const std::optional<Saver> saver = build(graph);
  const auto theirs = read_meta_graph(std::string(TENON_FIXTURES) + "/saver_graphs/" + name + ".meta");
  const proto::MetaGraphDef ours = exported_with(graph, saver ? &*saver : nullptr);
  EXPECT_THAT(testing::differences(ours.graph_def(), theirs->graph_def()), IsEmpty());
  expect_same_collections(ours, *theirs);
  EXPECT_EQ(ours.saver_def().ShortDebugString(), theirs->saver_def().ShortDebugString());
}

constexpr auto kNone = std::nullopt;

// Makes it the current folder.
class InFolder {
 public:
  explicit InFolder(const std::string& folder) : old_(std::filesystem::current_path()) { std::filesystem::current_path(folder); }
  ~InFolder() { std::filesystem::current_path(old_); }

 private:
  std::filesystem::path old_;
};

VariableOptions zeros_of(DType dtype = float32) { return {.dtype = dtype, .initializer = zeros_initializer()}; }

Variable zeros_variable(Graph& graph, std::string_view name, const Shape& shape, VariableOptions options = {}) {
  options.initializer = zeros_initializer();
  return get_variable(graph, name, shape, options);
}

PartitionedVariable pieces_of(Graph& graph, std::string_view name = "w", const Shape& shape = {10, 2},
                              std::int64_t count = 3, int axis = 0, VariableOptions options = {}) {
  options.initializer = zeros_initializer();
  return get_variable(graph, name, shape, fixed_size_partitioner(count, axis), options);
}

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
    get_variable(graph, "few_bytes", {8, 4}, variable_axis_size_partitioner(40, {.axis = 1, .max_shards = 2}), zeros_of());
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

// v, and a/b in a scope.
std::pair<Variable, Variable> plain(Graph& graph) {
  const Variable v = variable(graph, Tensor({2}, {1.f, 2.f}), "v");
  auto scope = variable_scope(graph, "a");
  return {v, zeros_variable(graph, "b", {2, 3}, {.dtype = int32, .trainable = false})};
}

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
  for (const auto& [name, device] : {std::pair("first", "/cpu:0"), {"second", "/device:GPU:0"}, {"first_again", "/device:CPU:0"}}) {
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
      set_save_slice_info(pieces.back(), {.full_name = "w", .full_shape = {4, 3}, .var_offset = {2 * i, 0}, .var_shape = {2, 3}});
    }
    return Saver(graph, pieces, {.reshape = true, .sharded = true});
  });
}

// Two values that are in no collection.
SaveableObject pair_of(Graph& graph) {
  const Variable keys = zeros_variable(graph, "pair/keys", {3}, {.dtype = int64, .trainable = false, .collections = {}});
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
    const InFolder here(folder);  // the path stands in the graph
    init_from_checkpoint(graph, "init.ckpt", {{"old/", "new/"}});
    init_from_checkpoint(graph, "init.ckpt", {{"v", v}, {"v", placed}, {"a/b", "a/b"}});
    graph.global_variables_initializer();
    return kNone;
  });
}

}  // namespace
}  // namespace tenon
