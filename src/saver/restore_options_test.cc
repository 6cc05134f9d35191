// Restoring what fits, other types, other names, one tensor into many variables; and nothing at all.
#include "saver/saver_test_harness.h"
#include "tenon/initializers.h"

namespace tenon {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class RestoreOptionsTest : public SaverTest {};

// a, b, c, d of which only d is in the checkpoint as it is here.
struct Misfits {
  Graph graph;
  Variable a = variable(graph, Tensor(5.f), "a");
  Variable b = variable(graph, Tensor(5.f), "b");
  Variable c = variable(graph, Tensor({3}, {5.f, 5.f, 5.f}), "c");
  Variable d = variable(graph, Tensor(5.f), "d");
  Session session{graph};
  Saver saver{graph};
};

std::vector<std::pair<std::string, Tensor>> misfit_tensors() {
  return {{"b", Tensor(2)},
          {"c", Tensor({2}, {1.f, 2.f})},
          {"d", Tensor(7.f)},
          {"more", Tensor(1.f)},
          {"x/a", Tensor(1.f)}};
}

// proves: S9.1
TEST_F(RestoreOptionsTest, MatchingTakesWhatFitsAndSaysWhatDoesNot) {
  write_checkpoint(misfit_tensors());
  Misfits m;
  const RestoreReport report = m.saver.restore(m.session, path("m"), {.mode = RestoreMode::Matching});
  EXPECT_THAT(report.restored, ElementsAre("d"));
  EXPECT_EQ(m.session.run(m.d).scalar<float>(), 7.f);
  EXPECT_THAT(m.session.uninitialized_variables(), ElementsAre("a", "b", "c"));
  ASSERT_EQ(report.missing.size(), 1u);
  EXPECT_EQ(report.missing[0].key, "a");
  EXPECT_EQ(report.missing[0].variable, "a");
  EXPECT_THAT(report.missing[0].nearest, testing::Contains("x/a"));
  ASSERT_EQ(report.dtype.size(), 1u);
  EXPECT_EQ(report.dtype[0].key, "b");
  EXPECT_EQ(report.dtype[0].expected, "float32");
  EXPECT_EQ(report.dtype[0].found, "int32");
  ASSERT_EQ(report.shape.size(), 1u);
  EXPECT_EQ(report.shape[0].key, "c");
  EXPECT_EQ(report.shape[0].expected, "[3]");
  EXPECT_EQ(report.shape[0].found, "[2]");
  EXPECT_THAT(report.extra, ElementsAre("more", "x/a"));
  EXPECT_FALSE(report.complete());
  EXPECT_THAT(report.to_string(), AllOf(HasSubstr("1 restored"), HasSubstr("c: expected [3], found [2]"),
                                        HasSubstr("in the checkpoint only:\n  more")));
}

// proves: S9.1 S9.2 S5.12
TEST_F(RestoreOptionsTest, StrictSaysEverythingAtOnceAndChangesNothing) {
  write_checkpoint(misfit_tensors());
  Misfits m;
  m.session.run(m.graph.global_variables_initializer());
  const std::string message = error_text(Code::NotFound, [&] { m.saver.restore(m.session, path("m")); });
  EXPECT_THAT(message,
              AllOf(HasSubstr("3 of 4 tensors do not fit " + path("m")), HasSubstr("Key a not found in checkpoint"),
                    HasSubstr("tensor_name = b; expected dtype float does not equal original dtype int32"),
                    HasSubstr("lhs shape= [3] rhs shape= [2]")));
  EXPECT_EQ(m.session.run(m.d).scalar<float>(), 5.f);
}

// proves: S9.1
TEST_F(RestoreOptionsTest, ADryRunOnlySaysWhatWouldBe) {
  write_checkpoint(misfit_tensors());
  Misfits m;
  const RestoreReport report = m.saver.restore(m.session, path("m"), {.dry_run = true});
  EXPECT_THAT(report.restored, ElementsAre("d"));
  EXPECT_EQ(report.missing.size() + report.dtype.size() + report.shape.size(), 3u);
  EXPECT_EQ(m.session.uninitialized_variables().size(), 4u);
}

TEST_F(RestoreOptionsTest, DamageIsAnErrorAlsoWhenOnlyWhatFitsIsAskedFor) {
  write_checkpoint(misfit_tensors());
  std::string data = text("m.data-00000-of-00001");
  for (char& c : data) c = static_cast<char>(c ^ 1);
  write_file_atomic(path("m.data-00000-of-00001"), data);
  Misfits m;
  expect_code(error_of([&] { m.saver.restore(m.session, path("m"), {.mode = RestoreMode::Matching}); }),
              Code::DataLoss);
  EXPECT_EQ(m.session.uninitialized_variables().size(), 4u);
}

TEST_F(RestoreOptionsTest, NumbersOfAnotherTypeAreTakenIfTheyAreAllowed) {
  write_checkpoint({{"half", Tensor({3}, {0.5, -2.0, 1e300})},
                    {"whole", Tensor({2}, {3.f, -4.f})},
                    {"flag", Tensor(std::int64_t{1})}});
  Graph graph;
  const Variable half = variable(graph, Tensor({3}, {0.f, 0.f, 0.f}), "half");
  const Variable whole = variable(graph, Tensor({2}, {0, 0}), "whole"), flag = variable(graph, Tensor(false), "flag");
  Saver saver(graph);
  Session session(graph);
  expect_code(error_of([&] { saver.restore(session, path("m")); }), Code::InvalidArgument);
  const std::string inexact =
      error_text(Code::InvalidArgument, [&] { saver.restore(session, path("m"), {.cast = RestoreCast::Exact}); });
  EXPECT_THAT(inexact,
              HasSubstr("tensor_name = half; expected dtype float does not equal original dtype double, and does "
                        "not have all of its values"));
  EXPECT_EQ(session.uninitialized_variables().size(), 3u);

  const RestoreReport report =
      saver.restore(session, path("m"), {.mode = RestoreMode::Matching, .cast = RestoreCast::Exact});
  EXPECT_THAT(report.restored, ElementsAre("flag", "whole"));
  ASSERT_EQ(report.dtype.size(), 1u);
  EXPECT_EQ(report.dtype[0].key, "half");
  EXPECT_EQ(session.run(whole).at<int>(1), -4);
  EXPECT_TRUE(session.run(flag).scalar<bool>());

  EXPECT_TRUE(saver.restore(session, path("m"), {.cast = RestoreCast::Any}).complete());
  EXPECT_EQ(session.run(half).at<float>(0), 0.5f);
  EXPECT_EQ(session.run(half).at<float>(2), std::numeric_limits<float>::infinity());
}

TEST_F(RestoreOptionsTest, TextIsNeverTakenForNumbers) {
  write_checkpoint({{"v", Tensor({2}, {"1", "2"})}, {"w", Tensor(7)}});
  Model model;
  expect_code(error_of([&] { Saver(model.graph).restore(model.session, path("m"), {.cast = RestoreCast::Any}); }),
              Code::InvalidArgument);
}

TEST_F(RestoreOptionsTest, OneTensorGoesIntoManyVariables) {
  write_checkpoint({{"embedding", Tensor({2}, {1.f, 2.f})}, {"w", Tensor(7)}});
  Graph graph;
  const Variable in = variable(graph, Tensor({2}, {0.f, 0.f}), "in"),
                 out = variable(graph, Tensor({2}, {0.f, 0.f}), "out");
  const Variable w = variable(graph, Tensor(0), "w");
  const int before = graph.num_operations();
  Session session(graph);
  const std::multimap<std::string, Variable> names = {{"embedding", in}, {"embedding", out}};
  EXPECT_THAT(restore_variables(session, path("m"), names).restored, ElementsAre("in", "out"));
  EXPECT_TRUE(session.run(out).equals(Tensor({2}, {1.f, 2.f})));
  EXPECT_EQ(graph.num_operations(), before);

  Session other(graph);
  Saver saver(graph, {{"embedding", in}, {"w", w}});
  saver.restore(other, path("m"), {.also = {{"embedding", out}}});
  EXPECT_TRUE(other.run(out).equals(Tensor({2}, {1.f, 2.f})));
  other.run(assign(in, Tensor({2}, {9.f, 9.f})));
  EXPECT_EQ(other.run(out).at<float>(0), 1.f) << "they share nothing afterwards";
}

// proves: S9.1
TEST_F(RestoreOptionsTest, TheErrorNamesTheRuleThatWouldFindMostNames) {
  write_checkpoint({{"model/v", Tensor({2}, {3.f, 4.f})}, {"model/w", Tensor(9)}});
  Model model;
  Saver saver(model.graph);
  expect_says(error_of([&] { saver.restore(model.session, path("m")); }), Code::NotFound,
              "with 'model/' in front of each name 2 of 2 would be found");
  const RestoreReport report = saver.restore(model.session, path("m"), {.mode = RestoreMode::Matching});
  ASSERT_TRUE(report.rename);
  EXPECT_EQ(report.found_with_rename, 2u);
  EXPECT_EQ(report.wanted, 2u);
  EXPECT_THAT(report.to_string(), HasSubstr("with 'model/' in front of each name 2 of 2 would be found"));
  EXPECT_THAT(saver.restore(model.session, path("m"), {.rename = *report.rename}).restored, ElementsAre("v", "w"));
  EXPECT_EQ(model.session.run(model.w).scalar<int>(), 9);
}

TEST_F(RestoreOptionsTest, NamesMayBeChangedByAnyFunction) {
  write_checkpoint({{"V", Tensor({2}, {3.f, 4.f})}, {"W", Tensor(9)}});
  Model model;
  const auto upper = [](const std::string& name) { return std::string(1, static_cast<char>(std::toupper(name[0]))); };
  Saver(model.graph).restore(model.session, path("m"), {.rename = upper});
  EXPECT_EQ(model.session.run(model.w).scalar<int>(), 9);
}

TEST_F(RestoreOptionsTest, AnObjectIsRestoredWithAllItsTensorsOrNotAtAll) {
  write_checkpoint({{"pair-a", Tensor(3.f)}, {"v", Tensor(4.f)}});
  Graph graph;
  variable(graph, Tensor(1.f), "v");
  const InitialValueOptions hidden{.trainable = false, .collections = {}};
  const Variable a = variable(graph, Tensor(1.f), "a", hidden), b = variable(graph, Tensor(1.f), "b", hidden);
  const Output sum = a + b;
  add_saveable_object(graph, {.name = "pair",
                              .op = a.handle,
                              .specs = {{"pair-a", sum}, {"pair-b", sum}},
                              .restore = [=](const std::vector<Output>& restored, const std::vector<Ints>&) {
                                return assign(a, restored[0] + restored[1]).op();
                              }});
  Saver saver(graph);
  Session session(graph);
  session.run(variables_initializer(graph, {a, b}));
  const RestoreReport report = saver.restore(session, path("m"), {.mode = RestoreMode::Matching});
  EXPECT_THAT(report.restored, ElementsAre("v"));
  EXPECT_EQ(session.run(a).scalar<float>(), 1.f);
  ASSERT_EQ(report.missing.size(), 1u);
  EXPECT_EQ(report.missing[0].key, "pair-b");
  write_checkpoint({{"pair-a", Tensor(3.f)}, {"pair-b", Tensor(4.f)}, {"v", Tensor(4.f)}});
  EXPECT_TRUE(saver.restore(session, path("m")).complete());
  EXPECT_EQ(session.run(a).scalar<float>(), 7.f);
  const SaveableObject object{
      .name = "o", .op = {}, .specs = {{"pair-a", sum}}, .restore = [=](const auto& restored, const auto&) {
        return assign(a, restored[0]).op();
      }};
  expect_says(error_of([&] { restore_variables(session, path("m"), {object}); }), Code::InvalidArgument,
              "o is a saveable object, which only a Saver can restore");
}

// A sequence that no Saver here makes: the nodes are run.
TEST_F(RestoreOptionsTest, OtherFormsAreRunAsTheyAre) {
  Graph graph;
  const Variable v = variable(graph, Tensor(1.f), "v");
  Saver saver(graph);
  const Operation restored = group({graph.operation("save/restore_all"), v.initializer});
  SaverDef def = *saver.as_saver_def();
  def.restore_op_name = restored.name();
  Saver other = Saver::from_proto(graph, def);
  write_checkpoint({{"v", Tensor(4.f)}});
  Session session(graph);
  expect_says(error_of([&] { other.restore(session, path("m"), {.dry_run = true}); }), Code::Unimplemented,
              "no RestoreOptions apply");
  other.restore(session, path("m"));
  EXPECT_THAT(session.uninitialized_variables(), IsEmpty());
}

// proves: E31 S3.13
TEST_F(RestoreOptionsTest, ReshapingNeedsAsManyElements) {
  write_checkpoint({{"v", Tensor({4}, {1.f, 2.f, 3.f, 4.f})}});
  Graph graph;
  const Output initial = placeholder_with_default(constant(graph, Tensor({2, 2}, {0.f, 0.f, 0.f, 0.f})), {-1, 2});
  const Variable v = variable(initial, "v", {.validate_shape = false});
  Saver saver(graph, {.reshape = true});
  Session session(graph);
  saver.restore(session, path("m"));
  EXPECT_EQ(session.run(v).shape(), (Shape{4})) << "there is no shape to take yet";
  session.run(graph.global_variables_initializer());
  saver.restore(session, path("m"));
  EXPECT_TRUE(session.run(v).equals(Tensor({2, 2}, {1.f, 2.f, 3.f, 4.f})));

  Graph other;
  variable(other, Tensor({5}, {0.f, 0.f, 0.f, 0.f, 0.f}), "v");
  Session wrong(other);
  expect_says(error_of([&] { Saver(other, {.reshape = true}).restore(wrong, path("m")); }), Code::InvalidArgument,
              "Input to reshape is a tensor with 4 values, but the requested shape has 5");
}

TEST_F(RestoreOptionsTest, VariablesOfAnotherGraphAreRefused) {
  write_checkpoint({{"v", Tensor({2}, {3.f, 4.f})}});
  Model model, other;
  expect_says(error_of([&] { restore_variables(model.session, path("m"), {other.v}); }), Code::InvalidArgument,
              "variable v:0 is of another graph");
}

}  // namespace
}  // namespace tenon
