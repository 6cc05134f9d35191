#include "formats/bundle/bundle_reader.h"
#include "formats/bundle/bundle_writer.h"
#include "runtime/session_impl.h"
#include "saver/saver_test_harness.h"

namespace tenon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const std::string kFixtures = TENON_FIXTURES;

class RestoreTest : public SaverTest {};

// proves: S2.8 S5.5 S9.4 E2 E40
TEST_F(RestoreTest, TakesAFileOrAFolderForTheCheckpoint) {
  Model model;
  Saver saver(model.graph);
  model.init();
  saver.save(model.session, path("m"), 3);
  for (const char* name : {"m-3", "m-3.index", "m-3.meta", "m-3.data-00000-of-00001", ""}) {
    Session session(model.graph);
    saver.restore(session, path(name));
    EXPECT_EQ(session.run(model.w).scalar<int>(), 7) << name;
  }
  EXPECT_EQ(latest_checkpoint(folder()), path("m-3"));
  expect_says(error_of([&] { saver.restore(model.session, path("m-4")); }), Code::NotFound,
              "The passed save_path is not a valid checkpoint: " + path("m-4"));
}

// proves: S9.14
TEST_F(RestoreTest, AgainAndAgainLeavesTheGraphAsItIs) {
  Model model;
  Saver saver(model.graph);
  model.init();
  saver.save(model.session, path("m"));
  const int operations = model.graph.num_operations();
  for (int i = 0; i < 3; ++i) saver.restore(model.session, path("m"));
  saver.save(model.session, path("m"));
  EXPECT_EQ(model.graph.num_operations(), operations);
}

// proves: S5.4 E1 E2
TEST_F(RestoreTest, OfNothingFailsBeforeTheSessionIsTouched) {
  Model model;
  Saver saver(model.graph);
  expect_says(error_of([&] { saver.restore(model.session, ""); }), Code::InvalidArgument,
              "Can't load save_path when it is None");
  expect_says(error_of([&] { saver.restore(model.session, path("none")); }), Code::NotFound,
              "The passed save_path is not a valid checkpoint: " + path("none"));
  EXPECT_THAT(model.session.uninitialized_variables(), ElementsAre("v", "w"));
  Graph empty;
  Session session(empty);
  EXPECT_NO_THROW(Saver(empty, {.allow_empty = true}).restore(session, path("none")));
}

// proves: E19 E20
TEST_F(RestoreTest, NeedsALiveSessionOfItsGraph) {
  Model model;
  Saver saver(model.graph);
  model.init();
  saver.save(model.session, path("m"));
  Graph empty, other;
  placeholder(other, float32);
  Session of_empty(empty), of_other(other), gone(model.graph);
  const Session moved = std::move(gone);
  for (const bool save : {true, false}) {
    const auto use = [&](Session& session) {
      save ? (void)saver.save(session, path("m")) : (void)saver.restore(session, path("m"));
    };
    expect_says(error_of([&] { use(of_empty); }), Code::InvalidArgument, "The Session graph is empty");
    expect_says(error_of([&] { use(of_other); }), Code::InvalidArgument, "Cannot interpret feed_dict key as Tensor");
    expect_says(error_of([&] { use(gone); }), Code::FailedPrecondition, "Attempted to use a closed Session.");
  }
  expect_says(error_of([&] { gone.run(model.v); }), Code::FailedPrecondition, "Attempted to use a closed Session.");
}

// TensorFlow gives the variable the other shape.
// proves: S5.8 S9.2 E30
TEST_F(RestoreTest, AResourceVariableRefusesAnotherShape) {
  Graph graph;
  Saver saver = import_meta_graph(graph, kFixtures + "/meta/resource_variables.meta");
  Session session(graph);
  session.run(graph.global_variables_initializer());
  saver.save(session, path("m"));
  const Tensor before = session.run("v/Read/ReadVariableOp:0");
  const BundleReader stored(path("m"));
  BundleWriter writer(path("changed"));
  for (const std::string& name : stored.keys()) {
    writer.add(name, name == "v" ? Tensor({2}, {1.f, 2.f})
                                 : Tensor::zeros(stored.entry(name).dtype, stored.entry(name).shape));
  }
  writer.finish();
  expect_says(error_of([&] { saver.restore(session, path("changed")); }), Code::InvalidArgument,
              "Assign requires shapes of both tensors to match. lhs shape= [4,3] rhs shape= [2]");
  EXPECT_TRUE(session.run("v/Read/ReadVariableOp:0").equals(before));
}

// proves: S5.9 S9.5 E37
TEST_F(RestoreTest, AMissingDataFileIsNoMissingVariable) {
  Model model;
  Saver saver(model.graph);
  model.init();
  saver.save(model.session, path("m"));
  remove_file(path("m.data-00000-of-00001"));
  const std::string message = error_text(Code::NotFound, [&] { saver.restore(model.session, path("m")); });
  EXPECT_THAT(message, HasSubstr("m.data-00000-of-00001"));
  EXPECT_THAT(message, Not(HasSubstr("Variable name")));
  EXPECT_THAT(message, Not(HasSubstr("not found in checkpoint")));
  write_file_atomic(path("m.data-00000-of-00001"), "");
  EXPECT_THAT(error_text(Code::OutOfRange, [&] { saver.restore(model.session, path("m")); }),
              Not(HasSubstr("Variable name")));
}

// proves: S3.3 S5.3
TEST_F(RestoreTest, SavesAndRestoresUnderOtherNames) {
  Model model;
  Saver saver(model.graph, {{"other/name", model.v}});
  model.init();
  saver.save(model.session, path("m"));
  EXPECT_THAT(BundleReader(path("m")).keys(), ElementsAre("other/name"));
  Session session(model.graph);
  saver.restore(session, path("m"));
  EXPECT_EQ(session.run(model.v).at<float>(0), 1.f);
  EXPECT_THAT(session.uninitialized_variables(), ElementsAre("w"));
}

// proves: S5.7 S5.12 S9.2 E25 E27 E29
TEST_F(RestoreTest, ReportsEverythingThatDoesNotFitAndChangesNothing) {
  write_checkpoint({{"a", Tensor(1.f)}, {"b", Tensor(2)}, {"c", Tensor({2}, {1.f, 2.f})}});
  Graph graph;
  const Variable a = variable(graph, Tensor(5.f), "a");
  variable(graph, Tensor(5.f), "b");
  variable(graph, Tensor({5}, {1.f, 2.f, 3.f, 4.f, 5.f}), "c");
  Session session(graph);
  session.run(graph.global_variables_initializer());
  Saver wrong(graph);
  const std::string message = error_text(Code::InvalidArgument, [&] { wrong.restore(session, path("m")); });
  EXPECT_THAT(message, HasSubstr("tensor_name = b; expected dtype float does not equal original dtype int32"));
  EXPECT_THAT(message, HasSubstr("Assign requires shapes of both tensors to match. lhs shape= [5] rhs shape= [2]"));
  EXPECT_EQ(session.run(a).scalar<float>(), 5.f);

  variable(graph, Tensor(5.f), "aa");
  session.run(graph.global_variables_initializer());
  Saver more(graph);
  const std::string missing = error_text(Code::NotFound, [&] { more.restore(session, path("m")); });
  EXPECT_THAT(missing, HasSubstr("Key aa not found in checkpoint; nearest: \"a\""));
  EXPECT_THAT(missing, HasSubstr("tensor_name = b; expected dtype float"));
  EXPECT_EQ(session.run(a).scalar<float>(), 5.f);
}

// proves: E26 E28
TEST_F(RestoreTest, SaysWhatDoesNotFitAVersion1Checkpoint) {
  Model model;
  model.init();
  Saver(model.graph, {.v1_format = true}).save(model.session, path("m"));
  Graph graph;
  variable(graph, Tensor({2}, {1, 2}), "v");
  variable(graph, Tensor(7), "other");
  Session session(graph);
  const std::string error = error_text(Code::NotFound, [&] { Saver(graph).restore(session, path("m")); });
  EXPECT_THAT(error, HasSubstr("Tensor name \"other\" not found in checkpoint files"));
  EXPECT_THAT(error, HasSubstr("Expected to restore a tensor of type int32, got a tensor of type float instead: "
                               "tensor_name = v"));
}

// proves: S5.12 E34
TEST_F(RestoreTest, ADamagedFileChangesNoVariable) {
  Model model;
  Saver saver(model.graph);
  model.init();
  saver.save(model.session, path("m"));
  std::string data = text("m.data-00000-of-00001");
  data.back() ^= 1;
  write_file_atomic(path("m.data-00000-of-00001"), data);
  model.session.impl().state().find_variable("v")->assign(Tensor({2}, {8.f, 9.f}));
  expect_code(error_of([&] { saver.restore(model.session, path("m")); }), Code::DataLoss);
  EXPECT_EQ(model.session.run(model.v).at<float>(0), 8.f);
  EXPECT_EQ(model.session.run(model.w).scalar<int>(), 7);
}

// proves: S3.13 E31
TEST_F(RestoreTest, ReshapesWhereItIsAskedTo) {
  write_checkpoint({{"v", Tensor({4}, {1.f, 2.f, 3.f, 4.f})}});
  Graph graph;
  const Variable v = variable(graph, Tensor({2, 2}, {0.f, 0.f, 0.f, 0.f}), "v");
  Session session(graph);
  Saver(graph, {.reshape = true}).restore(session, path("m"));
  EXPECT_EQ(session.run(v).shape(), (Shape{2, 2}));
  EXPECT_EQ(session.run(v).at<float>(3), 4.f);

  Graph larger;
  variable(larger, Tensor({5}, {1.f, 2.f, 3.f, 4.f, 5.f}), "v");
  Session other(larger);
  expect_says(error_of([&] { Saver(larger, {.reshape = true}).restore(other, path("m")); }), Code::InvalidArgument,
              "Input to reshape is a tensor with 4 values, but the requested shape has 5");
}

}  // namespace
}  // namespace tenon
