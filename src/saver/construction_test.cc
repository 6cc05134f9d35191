// What Savers can be made of, what is refused, and which nodes they are about.
#include "formats/bundle/bundle_reader.h"
#include "graph/graph_impl.h"
#include "saver/saver_test_harness.h"
#include "tenon/initializers.h"
#include "testing/zeros_variable.h"

namespace tenon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class ConstructionTest : public SaverTest {};

void make_slice(const Variable& variable, const std::string& whole, const Shape& full, std::int64_t offset) {
  set_save_slice_info(variable, {.full_name = whole,
                                 .full_shape = full,
                                 .var_offset = {offset},
                                 .var_shape = {variable.shape()[0]}});
}

std::string refused(Graph& graph, const VarList& list) {
  const int before = graph.num_operations();
  const std::string message = error_text(Code::InvalidArgument, [&] { Saver(graph, list); });
  EXPECT_EQ(graph.num_operations(), before);
  return message;
}

// proves: S3.1
TEST_F(ConstructionTest, WithoutAListItSavesGlobalVariablesOnly) {
  Graph graph;
  zeros_variable(graph, "global", {2});
  zeros_variable(graph, "local", {2}, {.collections = {"local_variables"}});
  zeros_variable(graph, "nowhere", {2}, {.trainable = false, .collections = {}});
  Saver saver(graph);
  Session session(graph);
  session.run(graph.global_variables_initializer());
  saver.save(session, path("m"));
  EXPECT_THAT(BundleReader(path("m")).keys(), ElementsAre("global"));
  EXPECT_THAT(saver.variables_not_saved(), ElementsAre("local", "nowhere"));
}

// proves: S9.26
TEST_F(ConstructionTest, ItSaysWhichVariablesItDoesNotSave) {
  Graph graph;
  zeros_variable(graph, "a", {2});
  const Variable b = zeros_variable(graph, "b", {2}, {.use_resource = true});
  EXPECT_THAT(Saver(graph).variables_not_saved(), IsEmpty());
  EXPECT_THAT(Saver(graph, {b}).variables_not_saved(), ElementsAre("a"));
  Saver first(graph);
  Saver again = Saver::from_proto(graph, *first.as_saver_def());
  zeros_variable(graph, "later", {2});
  EXPECT_THAT(again.variables_not_saved(), ElementsAre("later"));
  EXPECT_THAT(Saver(graph, {.defer_build = true}).variables_not_saved(), ElementsAre("a", "b", "later"));
}

// proves: S3.6 E3 E4 E5
TEST_F(ConstructionTest, RefusesListsOfNothingAndNamesThatOccurTwice) {
  Model model;
  EXPECT_THAT(refused(model.graph, std::vector<Variable>()), HasSubstr("No variables to save"));
  EXPECT_THAT(refused(model.graph, std::map<std::string, Variable>()), HasSubstr("No variables to save"));
  EXPECT_THAT(refused(model.graph, {model.v, model.w, model.v}),
              HasSubstr("At least two variables have the same name: v"));
  EXPECT_THAT(refused(model.graph, {{"x", model.v}, {"y", model.v}}),
              HasSubstr("The same saveable will be restored with two names: y"));
  EXPECT_THAT(refused(model.graph, std::multimap<std::string, Variable>{{"x", model.v}, {"x", model.w}}),
              HasSubstr("At least two variables have the same name: x"));
  EXPECT_THAT(refused(model.graph, {{"", model.v}}), HasSubstr("names_to_saveables must be a dict"));
}

// proves: E7 E8
TEST_F(ConstructionTest, TakesOutputsOfVariablesAndRefusesOthers) {
  Model model;
  const Variable r = zeros_variable(model.graph, "r", {2}, {.use_resource = true});
  const Output sum = model.v + 1.f;
  EXPECT_THAT(refused(model.graph, {model.w, sum}), HasSubstr("Variable to save is not a Variable: add:0 (AddV2)"));
  EXPECT_THAT(
      refused(model.graph, {{"w", model.w}, {"x", sum}}),
      HasSubstr("names_to_saveables must be a dict mapping string names to Tensors/Variables. Not a variable: add:0"));
  Saver saver(model.graph, {model.v.handle, r.snapshot});
  model.init();
  saver.save(model.session, path("m"));
  EXPECT_THAT(BundleReader(path("m")).keys(), ElementsAre("r", "v"));
}

// proves: S3.6 E10 E11
TEST_F(ConstructionTest, RefusesSlicesThatDoNotBelongTogether) {
  Graph graph;
  const Variable whole = zeros_variable(graph, "a", {4}), top = zeros_variable(graph, "b", {2}),
                 other = zeros_variable(graph, "c", {2});
  make_slice(top, "a", {4}, 0);
  EXPECT_THAT(refused(graph, {whole, top}), HasSubstr("Mixing slices and non-slices with the same name: a"));
  EXPECT_THAT(refused(graph, {{"x", {whole}}}), HasSubstr("Slices must all be slices: a:0"));
  EXPECT_THAT(refused(graph, {{"x", {top, other}}}), HasSubstr("Slices must all be slices: c:0"));
  make_slice(other, "q", {4}, 2);
  EXPECT_THAT(refused(graph, {{"x", {top, other}}}), HasSubstr("Slices must all be from the same tensor: a != q"));
}

// proves: S3.19 S9.22 E12 E13 E14
TEST_F(ConstructionTest, DeferredOnesNeedToBeBuilt) {
  Model model;
  expect_says(error_of([&] { Saver(model.graph, {model.v}, {.defer_build = true}); }), Code::InvalidArgument,
              "If `var_list` is provided then build cannot be deferred.");
  const int before = model.graph.num_operations();
  Saver saver(model.graph, {.defer_build = true});
  EXPECT_EQ(model.graph.num_operations(), before);
  EXPECT_EQ(saver.as_saver_def(), std::nullopt);
  expect_says(error_of([&] { saver.save(model.session, path("m")); }), Code::FailedPrecondition,
              "`build()` should be called before save if defer_build==True");
  expect_says(error_of([&] { saver.restore(model.session, path("m")); }), Code::FailedPrecondition,
              "`build()` should be called before restore if defer_build==True");
  zeros_variable(model.graph, "later", {2});
  saver.build();
  const int built = model.graph.num_operations();
  saver.build();
  EXPECT_EQ(model.graph.num_operations(), built);
  model.init();
  saver.save(model.session, path("m"));
  EXPECT_THAT(BundleReader(path("m")).keys(), ElementsAre("later", "v", "w"));

  Graph empty;
  Saver nothing(empty, {.defer_build = true});
  expect_says(error_of([&] { nothing.build(); }), Code::InvalidArgument, "No variables to save");
}

// proves: S3.20 S5.4
TEST_F(ConstructionTest, AnEmptyOneSavesTheGraphOnlyAndRestoresNothing) {
  Graph graph;
  placeholder(graph, float32, {}, "x");
  Saver saver(graph, {.allow_empty = true});
  EXPECT_EQ(graph.num_operations(), 1);
  EXPECT_EQ(saver.as_saver_def(), std::nullopt);
  Session session(graph);
  EXPECT_EQ(saver.save(session, path("m")), "");
  EXPECT_THAT(files(), UnorderedElementsAre("m.meta"));
  EXPECT_TRUE(saver.restore(session, path("not there")).restored.empty());
  EXPECT_TRUE(saver.restore(session, "").complete());
}

// proves: S3.22 E21
TEST_F(ConstructionTest, AFinalizedGraphTakesNoSaverButThoseItHasWork) {
  Model model;
  Saver saver(model.graph), later(model.graph, {.defer_build = true});
  const Operation init = model.graph.global_variables_initializer();
  saver.export_meta_graph(path("graph.meta"));
  EXPECT_FALSE(model.graph.finalized());
  model.graph.finalize();
  EXPECT_TRUE(model.graph.finalized());
  const int before = model.graph.num_operations();
  const auto refused = [&](auto&& f) {
    expect_says(error_of(f), Code::FailedPrecondition, "Graph is finalized and cannot be modified.");
  };
  refused([&] { Saver(model.graph); });
  refused([&] { Saver(model.graph, {model.v}); });
  refused([&] { later.build(); });
  refused([&] { identity(model.v); });
  refused([&] { import_meta_graph(model.graph, path("graph.meta")); });
  model.session.run(init);
  saver.save(model.session, path("m"), 1);
  saver.restore(model.session, path("m-1"), {.mode = RestoreMode::Matching});
  restore_variables(model.session, path("m-1"), {model.v});
  EXPECT_EQ(model.graph.num_operations(), before);
}

// proves: S3.21 S3.24 S3.25
TEST_F(ConstructionTest, ASaverDefIsEnoughForASaver) {
  Model model;
  Saver first(model.graph, {.max_to_keep = 2, .keep_checkpoint_every_n_hours = 3});
  const SaverDef def = *first.as_saver_def();
  EXPECT_EQ(def, (SaverDef{.filename_tensor_name = "save/Const:0",
                           .save_tensor_name = "save/control_dependency:0",
                           .restore_op_name = "save/restore_all",
                           .max_to_keep = 2,
                           .sharded = false,
                           .keep_checkpoint_every_n_hours = 3}));
  EXPECT_EQ(SaverDef::from_bytes(def.to_bytes()), def);
  expect_code(error_of([] { SaverDef::from_bytes("\x0a\x7f no message"); }), Code::DataLoss);

  const int before = model.graph.num_operations();
  Saver again = Saver::from_proto(model.graph, def);
  EXPECT_EQ(model.graph.num_operations(), before);
  model.init();
  for (const int step : {1, 2, 3}) again.save(model.session, path("m"), step);
  EXPECT_THAT(again.last_checkpoints(), ElementsAre(path("m-2"), path("m-3")));
  Session session(model.graph);
  again.restore(session, path("m-3"));
  EXPECT_EQ(session.run(model.w).scalar<int>(), 7);
}

// proves: S3.24 S3.21
TEST_F(ConstructionTest, ScopesAreTakenOffSaverDefsAndPutOnThem) {
  Graph graph;
  variable(graph, Tensor(3.f), "v");
  std::optional<Saver> saver;
  {
    auto outer = graph.name_scope("outer");
    saver.emplace(graph);
  }
  const SaverDef def = *saver->to_proto("outer");
  EXPECT_EQ(def.restore_op_name, "save/restore_all");
  EXPECT_EQ(saver->to_proto("other"), std::nullopt);
  EXPECT_EQ(saver->to_proto("oute"), std::nullopt);
  const SaverDef copy = def;
  const Saver again = Saver::from_proto(graph, def, "outer");
  EXPECT_EQ(def, copy) << "the def that was given stays as it is";
  EXPECT_EQ(again.as_saver_def()->restore_op_name, "outer/save/restore_all");
}

// proves: E51
TEST_F(ConstructionTest, SaverDefsMustNameNodesOfTheGraph) {
  Model model;
  const SaverDef def = *Saver(model.graph).as_saver_def();
  const auto refused = [&](Code code, SaverDef wrong) {
    return error_text(code, [&] { Saver::from_proto(model.graph, wrong); });
  };
  SaverDef wrong = def;
  wrong.save_tensor_name = "";
  EXPECT_THAT(refused(Code::InvalidArgument, wrong), HasSubstr("saver_def must specify the save_tensor_name"));
  wrong = def;
  wrong.restore_op_name = "";
  EXPECT_THAT(refused(Code::InvalidArgument, wrong), HasSubstr("saver_def must specify the restore_op_name"));
  expect_says(error_of([&] { Saver::from_proto(model.graph, def, "p"); }), Code::NotFound,
              "saver_def's save_tensor_name is 'p/save/control_dependency:0', which is not in the graph");
}

// Two variables that are in no collection, and come back doubled.
SaveableObject doubled_pair(const Variable& a, const Variable& b) {
  const Output saved_a = identity(a), saved_b = identity(b);
  return {.name = "pair",
          .op = a.handle,
          .specs = {{"pair-a", saved_a}, {"pair-b", saved_b}},
          .restore = [=](const std::vector<Output>& restored, const std::vector<Ints>&) {
            const Operation first = assign(a, restored[0] * 2.f).op();
            return group({first, assign(b, restored[1]).op()});
          }};
}

// proves: S3.4 S3.7 S3.1
TEST_F(ConstructionTest, SaveableObjectsSaveTheirTensorsAndRestoreThemTheirWay) {
  Graph graph;
  const Variable v = variable(graph, Tensor(1.f), "v");
  const InitialValueOptions hidden{.trainable = false, .collections = {}};
  const Variable a = variable(graph, Tensor({2}, {3.f, 4.f}), "a", hidden),
                 b = variable(graph, Tensor(5.f), "b", hidden);
  add_saveable_object(graph, doubled_pair(a, b));
  Saver saver(graph);
  Session session(graph);
  session.run(variables_initializer(graph, {v, a, b}));
  saver.save(session, path("m"));
  EXPECT_THAT(BundleReader(path("m")).keys(), ElementsAre("pair-a", "pair-b", "v"));
  Session other(graph);
  const RestoreReport report = saver.restore(other, path("m"));
  EXPECT_EQ(other.run(a).at<float>(1), 8.f);
  EXPECT_EQ(other.run(b).scalar<float>(), 5.f);
  EXPECT_EQ(other.run(v).scalar<float>(), 1.f);
  EXPECT_TRUE(report.complete());
}

// proves: S3.23
TEST_F(ConstructionTest, ShardedOnesRefuseObjectsOnSeveralDevices) {
  Graph graph;
  const Variable a = variable(graph, Tensor(1.f), "a");
  std::optional<Variable> b;
  {
    auto device = graph.device("/device:CPU:1");
    b = variable(graph, Tensor(1.f), "b");
  }
  const SaveableObject object{
      .name = "both",
      .op = {},
      .specs = {{"both-a", a}, {"both-b", *b}},
      .restore = [=](const auto& restored, const auto&) { return assign(a, restored[0]).op(); }};
  expect_says(error_of([&] { Saver(graph, {object}, {.sharded = true}); }), Code::InvalidArgument,
              "All tensors of a saveable object must be on the same device: both");
  EXPECT_NO_THROW(Saver(graph, {object}));
}

// proves: S3.3
TEST_F(ConstructionTest, OneGraphMayHaveSaversWithDifferentNames) {
  Model model;
  Saver one(model.graph, {{"a", model.v}, {"b", model.w}}), other(model.graph, {{"old/v", model.v}});
  model.init();
  one.save(model.session, path("one"));
  other.save(model.session, path("other"));
  EXPECT_THAT(BundleReader(path("one")).keys(), ElementsAre("a", "b"));
  EXPECT_THAT(BundleReader(path("other")).keys(), ElementsAre("old/v"));
  Session session(model.graph);
  other.restore(session, path("other"));
  EXPECT_EQ(session.run(model.v).at<float>(1), 2.f);
}

// Each of them writes its own file although they may be one device.
// proves: S3.17
TEST_F(ConstructionTest, ShardsGoByTheTextsOfDevices) {
  Graph graph;
  variable(graph, Tensor(1.f), "a");
  for (const auto& [name, device] :
       {std::pair("b", "/device:CPU:0"), {"c", "/job:localhost/replica:0/task:0/device:CPU:0"}}) {
    auto placed = graph.device(device);
    variable(graph, Tensor(2.f), name);
  }
  Session session(graph);
  session.run(graph.global_variables_initializer());
  Saver(graph, {.sharded = true}).save(session, path("m"));
  EXPECT_EQ(BundleReader(path("m")).header().num_shards, 3);
}

}  // namespace
}  // namespace tenon
