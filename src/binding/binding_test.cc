#include "tenon/binding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "graph/graph_impl.h"
#include "tenon/error.h"
#include "testing/errors.h"

using testing::HasSubstr;
using testing::StartsWith;

struct Model {
  tenon::Output x, accuracy;
  tenon::Operation train_step;
  float lr = 1e-3f;
};

namespace tenon {
namespace {

Output constant(Graph& graph, const std::string& name) {
  return to_output({graph.impl().add({.type = "Const",
                                      .name = name,
                                      .attrs = {{"dtype", float32}, {"value", Tensor(1.0f)}}}), 0});
}

Operation no_op(Graph& graph, const std::string& name) {
  return to_operation(graph.impl().add({.type = "NoOp", .name = name}));
}

Variable variable(Graph& graph, const std::string& name) {
  Node* node =
      graph.impl().add({.type = "VariableV2", .name = name, .attrs = {{"dtype", float32}, {"shape", PartialShape{1}}}});
  Variable made;
  made.handle = made.snapshot = to_output({node, 0});
  graph.impl().variables("variables").push_back(made);
  return made;
}

class Binding : public testing::Test {
 protected:
  Binding() {
    x = constant(graph, "x");
    mean = constant(graph, "Mean");
    adam = no_op(graph, "Adam");
  }
  Graph graph;
  Output x, mean;
  Operation adam;
};

TEST_F(Binding, WritesTheNamesOfNodesInTheOrderOfTheFields) {
  Model model{x, mean, adam};
  EXPECT_EQ(to_graph(model).dump(), R"({"x":"x:0","accuracy":"Mean:0","train_step":"Adam"})");
}

TEST_F(Binding, ComesBackFromItsJson) {
  Model model;
  model.lr = 0.5f;
  from_graph(model, Json::parse(R"({"x":"x:0","accuracy":"Mean:0","train_step":"Adam"})"), graph);
  EXPECT_EQ(model.x, x);
  EXPECT_EQ(model.accuracy, mean);
  EXPECT_EQ(model.train_step, adam);
  EXPECT_EQ(model.lr, 0.5f);
  EXPECT_EQ(from_graph<Model>(to_graph(model), graph).accuracy, mean);
}

TEST_F(Binding, UnboundFieldsNameThemselvesWhenUsed) {
  Model model;
  expect_says(error_of([&] { model.accuracy.name(); }), Code::FailedPrecondition, {"accuracy", "Model"});
  expect_says(error_of([&] { model.train_step.name(); }), Code::FailedPrecondition, "train_step");
}

TEST_F(Binding, ReportsAllUnboundFieldsAtOnce) {
  Model model;
  model.x = x;
  const std::string what = error_text(Code::FailedPrecondition, [&] { to_graph(model); });
  EXPECT_THAT(what,
              testing::AllOf(StartsWith("to_graph: 2 problems"), HasSubstr("accuracy:"), HasSubstr("train_step:")));
}

TEST_F(Binding, ReportsEveryNameFieldAndEntryThatDoesNotFitAndChangesNothing) {
  Model model{x, mean, adam};
  const std::string what = error_text(Code::NotFound, [&] {
    from_graph(model, Json{{"x", "Mean:0"}, {"acuracy", "Mean:0"}, {"train_step", "Adm"}}, graph);
  });
  EXPECT_THAT(what, HasSubstr("from_graph: 3 problems with the fields of Model"));
  EXPECT_THAT(what, HasSubstr("accuracy: the binding has no entry"));
  EXPECT_THAT(what, HasSubstr("acuracy: Model has no node field of this name; nearest: \"accuracy\""));
  EXPECT_THAT(what, HasSubstr("\"Adam\""));
  EXPECT_EQ(model.x, x);
}

TEST_F(Binding, TellsAnOperationFromATensor) {
  struct One { Output x; };
  One one;
  expect_says(error_of([&] { from_graph(one, Json{{"x", "Adam"}}, graph); }), Code::InvalidArgument,
              "\"Adam\" is an operation (NoOp), the field is an Output");
  expect_says(error_of([&] { from_graph(one, Json{{"x", 3}}, graph); }), Code::InvalidArgument,
              "the name of a tensor expected, the binding has a number");
}

struct Tower {
  Output kernel;
  std::vector<Output> layers;
};

struct Nested {
  Tower tower;
  std::array<Tower, 2> pair;
  std::map<std::string, Operation> steps;
  std::optional<Output> aux, none;
  Output two[2];
  std::vector<Output> empty;
  std::variant<Output, Operation> either;
  std::vector<float> numbers;
  std::optional<int> maybe;
  std::string text;
};

TEST_F(Binding, NestsStructsListsDictionariesAndOptionals) {
  Nested model{.tower = {x, {mean, x}},
               .pair = {Tower{x, {}}, Tower{mean, {x}}},
               .steps = {{"train", adam}},
               .aux = mean,
               .two = {x, mean},
               .either = adam};
  const std::string text =
      R"({"tower":{"kernel":"x:0","layers":["Mean:0","x:0"]},)"
      R"("pair":[{"kernel":"x:0"},{"kernel":"Mean:0","layers":["x:0"]}],)"
      R"("steps":{"train":"Adam"},"aux":"Mean:0","two":["x:0","Mean:0"],"either":"Adam"})";
  EXPECT_EQ(to_graph(model).dump(), text);
  const auto back = from_graph<Nested>(Json::parse(text), graph);
  EXPECT_EQ(to_graph(back).dump(), text);
  EXPECT_FALSE(back.none);
  EXPECT_EQ(std::get<Operation>(back.either), adam);
}

TEST_F(Binding, SaysWhereInTheNestAProblemIs) {
  Nested model;
  const Json names = Json::parse(R"({"tower":{"kernel":"x:0","layers":["x:0","y:0"]},"pair":[],"two":["x:0","x:0"],
                                     "steps":{"train":"x:0"},"either":"Mean:0"})");
  const std::string what = error_text(Code::NotFound, [&] { from_graph(model, names, graph); });
  EXPECT_THAT(what, HasSubstr("tower.layers[1]: "));
  EXPECT_THAT(what, HasSubstr("pair: the binding lists 0 elements, the field has 2"));
  EXPECT_THAT(what, HasSubstr("steps.train: "));
}

TEST_F(Binding, MissingNestedStructsNameTheirFields) {
  struct Outer { Tower tower; };
  Outer outer;
  expect_says(error_of([&] { from_graph(outer, Json::dict(), graph); }), Code::InvalidArgument,
              "tower.kernel: the binding has no entry");
}

struct Tree {
  Output node;
  std::vector<Tree> children;
};

TEST_F(Binding, TakesAStructThatContainsItself) {
  const Json names = Json::parse(R"({"node":"x:0","children":[{"node":"Mean:0"}]})");
  EXPECT_EQ(to_graph(from_graph<Tree>(names, graph)), names);
}

TEST_F(Binding, OneOfThreeVariablesNamedAlikeKeepsItsOwnName) {
  for (int i = 0; i < 3; ++i) variable(graph, "variable");
  struct Holder { Output variable; };
  struct VariableHolder { Variable variable; };
  Holder holder{graph.tensor("variable_2:0")};
  EXPECT_EQ(to_graph(holder).dump(), R"({"variable":"variable_2:0"})");
  const auto back = from_graph<VariableHolder>(to_graph(holder), graph);
  EXPECT_EQ(back.variable.name(), "variable_2:0");
  EXPECT_EQ(to_graph(back), to_graph(holder));
  expect_says(error_of([&] { from_graph<VariableHolder>(Json{{"variable", "variable_7:0"}}, graph); }), Code::NotFound,
              "nearest: \"variable");
}

class Private {
 public:
  static constexpr auto fields() { return tenon::fields("x", &Private::x_, "towers", &Private::towers_); }
  Private() = default;
  explicit Private(Output x) : x_(x), towers_{Tower{x, {}}} {}

 private:
  Output x_;
  int count_ = 0;
  std::vector<Tower> towers_;
};

TEST_F(Binding, TakesClassesThatSayTheirFields) {
  const Json names = to_graph(Private(x));
  EXPECT_EQ(names.dump(), R"({"x":"x:0","towers":[{"kernel":"x:0"}]})");
  EXPECT_EQ(to_graph(from_graph<Private>(names, graph)), names);
}

TEST_F(Binding, TakesStructsThatCannotBeCopied) {
  struct Owner { Output x; std::unique_ptr<int> owned; };
  Owner owner;
  from_graph(owner, Json{{"x", "x:0"}}, graph);
  EXPECT_EQ(owner.x, x);
}

TEST_F(Binding, TravelsInsideTheGraph) {
  save_binding(graph, Json{{"x", "x:0"}});
  EXPECT_EQ(load_binding(graph).at("x").string(), "x:0");
  expect_says(error_of([&] { load_binding(graph, "other"); }), Code::NotFound, "it carries \"model\"");
}

struct Wide {
  Output a0, a1, a2, a3, a4, a5, a6, a7, b0, b1, b2, b3, b4, b5, b6, b7, c0, c1, c2, c3, c4, c5, c6, c7, d0, d1, d2, d3,
      d4, d5, d6, d7, e0, e1, e2, e3, e4, e5, e6, e7, f0, f1, f2, f3, f4, f5, f6, f7, g0, g1, g2, g3, g4, g5, g6, g7,
      h0, h1, h2, h3, h4, h5, h6, h7;
};

TEST_F(Binding, TakesSixtyFourFields) {
  static_assert(detail::count_fields<Wide>() == 64);
  EXPECT_EQ((detail::field_name<Wide, 63>()), "h7");
}

}  // namespace
}  // namespace tenon
