#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "tenon/object_checkpoint.h"
#include "tenon/ops.h"
#include "tenon/saver.h"
#include "testing/errors.h"
#include "testing/temp_dir.h"

namespace tenon {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kGraph = std::string(TENON_FIXTURES) + "/objects/graph-1";

struct Model {
  Graph graph;
  Variable kernel = variable(graph, Tensor({3, 2}, {0.f, 0.f, 0.f, 0.f, 0.f, 0.f}), "dense/kernel");
  Variable step = variable(graph, Tensor(std::int64_t{0}), "global_step");
  Session session{graph};
};

// proves: S5.10 S5.11
TEST(ObjectNames, ASaverRestoresAnObjectBasedCheckpointByTheNamesOfItsVariables) {
  Model model;
  Saver saver(model.graph);
  const int operations = model.graph.num_operations();
  for (int i = 0; i < 2; ++i) {
    saver.restore(model.session, kGraph);
    EXPECT_EQ(model.session.run(model.step).to_string(), "int64 [] 1");
    EXPECT_EQ(model.session.run(model.kernel).to_string(), "float32 [3,2] [[-1.5,-1.25],[-1,-0.75],[-0.5,-0.25]]");
  }
  EXPECT_EQ(model.graph.num_operations(), operations);  // so a finalized graph will do
}

TEST(ObjectNames, KeysOfTheCheckpointCanBeNamedToo) {
  Model model;
  Saver saver(model.graph,
              {{"dense/0/.ATTRIBUTES/VARIABLE_VALUE", model.kernel}, {"step/.ATTRIBUTES/VARIABLE_VALUE", model.step}});
  saver.restore(model.session, kGraph);
  EXPECT_EQ(model.session.run(model.step).to_string(), "int64 [] 1");
}

// proves: S5.11 E48
TEST(ObjectNames, SaysWhichNamesAreMissingWhichAreThereAndHowManyMatch) {
  Model model;
  variable(model.graph, Tensor({2}, {0.f, 0.f}), "dense/bias_1");
  variable(model.graph, Tensor(0.f), "apart");
  Session session(model.graph);
  const std::string error = error_text(Code::NotFound, [&] { Saver(model.graph).restore(session, kGraph); });
  EXPECT_THAT(error, HasSubstr("Existing variables not in the checkpoint: apart, dense/bias_1\n"));
  EXPECT_THAT(error, HasSubstr("Variables names when this checkpoint was written which don't exist now: dense/bias, "
                               "dense/bias/Momentum, dense/kernel/Momentum, save_counter\n"));
  EXPECT_THAT(error, HasSubstr("(2 variable name(s) did match)"));
  EXPECT_THAT(error, HasSubstr("dense/bias_1; nearest: \"dense/bias\""));
  EXPECT_EQ(session.uninitialized_variables().size(), 4u);
}

TEST(ObjectNames, SaysWhenTheStoredVariableHasAnotherShape) {
  Graph graph;
  variable(graph, Tensor({2}, {0.f, 0.f}), "dense/kernel");
  Session session(graph);
  const std::string error = error_text(Code::InvalidArgument, [&] { Saver(graph).restore(session, kGraph); });
  EXPECT_THAT(error, HasSubstr("lhs shape= [2] rhs shape= [3,2]"));
}

TEST(ObjectNames, ANameOfSeveralVariablesIsRefusedUnlessTheyAreEqual) {
  TempDir dir;
  Graph graph;
  const Variable w = variable(graph, Tensor(0.f), "w");
  Session session(graph);
  for (const float second : {1.f, 2.f}) {
    ObjectCheckpointWriter writer(dir / "m");
    writer.add("a/w", Tensor(1.f));
    writer.add("b/w", Tensor(second));
    writer.finish();
    if (second == 1.f) Saver(graph).restore(session, dir / "m");
  }
  EXPECT_EQ(session.run(w).scalar<float>(), 1.f);
  const std::string error = error_text(Code::InvalidArgument, [&] { Saver(graph).restore(session, dir / "m"); });
  EXPECT_THAT(error, HasSubstr("a/w/.ATTRIBUTES/VARIABLE_VALUE, b/w/.ATTRIBUTES/VARIABLE_VALUE"));
}

TEST(ObjectNames, ACheckpointWithoutObjectsIsReportedAsEver) {
  Model model;
  const std::string error = error_text(Code::NotFound, [&] {
    Saver(model.graph).restore(model.session, std::string(TENON_FIXTURES) + "/seed_add_model/add_model.ckpt");
  });
  EXPECT_THAT(error, HasSubstr("Key dense/kernel not found in checkpoint"));
  EXPECT_THAT(error, Not(HasSubstr("object-based")));
}

}  // namespace
}  // namespace tenon
