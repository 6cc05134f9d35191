#include "kernels/state/state_kernels.h"

#include <gtest/gtest.h>

#include "kernels/kernel_test_harness.h"
#include "kernels/state/variable_key.h"
#include "testing/errors.h"

namespace tenon {
namespace {

Tensor floats(const Shape& shape, std::vector<float> values) { return Tensor(shape, values); }
Tensor undefined() { return Tensor(); }

class Refs : public testing::TestWithParam<bool> {};  // true: resource variables
INSTANTIATE_TEST_SUITE_P(State, Refs, testing::Bool(),
                         [](const auto& info) { return info.param ? "Resource" : "Reference"; });

TEST(VariableKernel, TwoNodesOfOneNameShareTheVariable) {
  const KernelRun::Attrs attrs = {{"dtype", DType::Float32}, {"shape", PartialShape{2}}, {"shared_name", "shared"}};
  KernelRun variable(state_kernels(), "VariableV2", attrs);
  variable.state().variable("shared", DType::Float32, PartialShape{2}, false)->assign(floats({2}, {1, 2}));
  EXPECT_TRUE(variable.run()[0].equals(floats({2}, {1, 2})));
}

TEST(VariableKernel, KeyIsContainerAndSharedNameOrTheNodesName) {
  GraphImpl graph;
  const auto key = [&](KernelRun::Attrs attrs) {
    attrs.emplace_back("dtype", DType::Float32);
    attrs.emplace_back("shape", PartialShape{1});
    return variable_key(*graph.add({.type = "VariableV2", .name = "w", .attrs = attrs}));
  };
  EXPECT_EQ(key({}), "w");
  EXPECT_EQ(key({{"shared_name", "s"}}), "s");
  EXPECT_EQ(key({{"shared_name", "s"}, {"container", "c"}}), "c/s");
}

TEST_P(Refs, AssignReplacesTheValue) {
  KernelRun assign(state_kernels(), GetParam() ? "AssignVariableOp" : "Assign");
  assign.variable(undefined(), DType::Float32, GetParam()).input(floats({2}, {3, 4})).run();
  EXPECT_TRUE(assign.variable_at(0).read().equals(floats({2}, {3, 4})));
}

TEST_P(Refs, AssignCopiesWhatBelongsToThePlan) {
  std::vector<float> memory = {1, 2};
  const Tensor lent(DType::Float32, {2}, Buffer::wrap(memory.data(), 8, nullptr, true));
  KernelRun assign(state_kernels(), GetParam() ? "AssignVariableOp" : "Assign");
  assign.variable(undefined(), DType::Float32, GetParam()).input(lent).run();
  memory = {9, 9};
  EXPECT_TRUE(assign.variable_at(0).read().equals(floats({2}, {1, 2})));
}

TEST(AssignKernel, RefusesAnotherShapeWithTensorFlowsSentence) {
  KernelRun assign(state_kernels(), "Assign");
  assign.variable(floats({5}, {0, 0, 0, 0, 0})).input(floats({2}, {1, 2}));
  expect_says(error_of([&] { assign.run(); }), Code::InvalidArgument,
              "Assign requires shapes of both tensors to match. lhs shape= [5] rhs shape= [2]");
}

TEST(AssignKernel, TakesAnotherShapeWithoutValidation) {
  KernelRun assign(state_kernels(), "Assign", {{"validate_shape", false}});
  assign.variable(floats({1}, {0})).input(floats({2}, {1, 2}));
  EXPECT_TRUE(assign.run()[0].equals(floats({2}, {1, 2})));
}

TEST(AssignKernel, OfAHandleValidatesOnlyIfAsked) {
  KernelRun loose(state_kernels(), "AssignVariableOp");
  loose.variable(floats({1}, {0}), {}, true).input(floats({2}, {1, 2})).run();
  EXPECT_EQ(loose.variable_at(0).read().shape(), Shape({2}));
  KernelRun strict(state_kernels(), "AssignVariableOp", {{"validate_shape", true}});
  strict.variable(floats({1}, {0}), {}, true).input(floats({2}, {1, 2}));
  expect_says(error_of([&] { strict.run(); }), Code::InvalidArgument,
              "Trying to assign to variable with tensor with wrong shape. Expected [1] got [2]");
}

TEST_P(Refs, AddAndSubtractInPlace) {
  for (const auto& [op, expected] : {std::pair{"Add", 11.f}, std::pair{"Sub", -9.f}}) {
    KernelRun run(state_kernels(), std::string("Assign") + op + (GetParam() ? "VariableOp" : ""));
    run.variable(floats({1}, {1}), {}, GetParam()).input(floats({1}, {10}));
    const std::byte* memory = run.variable_at(0).read().raw();
    run.run();
    EXPECT_EQ(run.variable_at(0).read().at<float>(0), expected);
    EXPECT_EQ(run.variable_at(0).read().raw(), memory);
  }
}

TEST_P(Refs, AddRefusesAnotherShapeAndUninitialisedVariables) {
  KernelRun run(state_kernels(), GetParam() ? "AssignAddVariableOp" : "AssignAdd");
  run.variable(floats({5}, {0, 0, 0, 0, 0}), {}, GetParam()).input(floats({}, {1}));
  expect_says(error_of([&] { run.run(); }), Code::InvalidArgument,
              GetParam() ? "Cannot update variable with shape [5] using a Tensor with shape [], shapes must be equal."
                         : "Parameters and update must be the same size");
  KernelRun none(state_kernels(), GetParam() ? "AssignAddVariableOp" : "AssignAdd");
  none.variable(undefined(), DType::Float32, GetParam()).input(floats({}, {1}));
  expect_says(error_of([&] { none.run(); }), Code::FailedPrecondition,
              GetParam() ? "Could not find variable in0" : "Attempting to use uninitialized value in0");
}

TEST(AssignAddKernel, WrapsIntegersAround) {
  KernelRun run(state_kernels(), "AssignAdd", {{"T", DType::Int32}});
  run.variable(Tensor(2147483647)).input(Tensor(1)).run();
  EXPECT_EQ(run.variable_at(0).read().scalar<std::int32_t>(), -2147483647 - 1);
}

TEST_P(Refs, KnowWhetherTheyAreInitialised) {
  KernelRun run(state_kernels(), GetParam() ? "VarIsInitializedOp" : "IsVariableInitialized");
  run.variable(undefined(), DType::Float32, GetParam());
  EXPECT_FALSE(run.run()[0].scalar<bool>());
  run.variable_at(0).assign(floats({}, {1}));
  EXPECT_TRUE(run.run()[0].scalar<bool>());
}

TEST(ReadVariableKernel, SharesTheVariablesMemoryAndPlansItsShape) {
  KernelRun read(state_kernels(), "ReadVariableOp", {{"dtype", DType::Float32}});
  read.variable(floats({2}, {1, 2}), {}, true);
  const Tensor value = read.run()[0];
  EXPECT_EQ(value.raw(), read.variable_at(0).read().raw());
  EXPECT_EQ(read.plans()[0].kind, OutputPlan::Kind::Provided);
  EXPECT_EQ(read.plans()[0].shape, Shape({2}));
}

TEST(ReadVariableKernel, IsASnapshot) {
  KernelRun read(state_kernels(), "ReadVariableOp", {{"dtype", DType::Float32}});
  read.variable(floats({}, {1}), {}, true);
  const Tensor before = read.run()[0];
  read.variable_at(0).update([](Tensor& value) { value.at<float>(0) = 2; });
  EXPECT_EQ(before.scalar<float>(), 1);
  EXPECT_EQ(read.run()[0].scalar<float>(), 2);
}

TEST(ReadVariableKernel, FailsOnUninitialisedVariablesAndOtherTypes) {
  KernelRun none(state_kernels(), "ReadVariableOp", {{"dtype", DType::Float32}});
  none.variable(undefined(), DType::Float32, true);
  expect_says(error_of([&] { none.run(); }), Code::FailedPrecondition, "Could not find variable in0");
  KernelRun wrong(state_kernels(), "ReadVariableOp", {{"dtype", DType::Int32}});
  wrong.variable(floats({}, {1}), {}, true);
  expect_says(error_of([&] { wrong.run(); }), Code::InvalidArgument,
              "Trying to read variable with wrong dtype. Expected int32 got float32");
}

TEST(VariableShapeKernel, GivesTheShape) {
  KernelRun shape(state_kernels(), "VariableShape", {{"out_type", DType::Int64}});
  shape.variable(Tensor::zeros(DType::Float32, {3, 4}), {}, true);
  EXPECT_TRUE(shape.run()[0].equals(Tensor({2}, {std::int64_t{3}, std::int64_t{4}})));
}

TEST(DestroyResourceKernel, MakesTheVariableUninitialised) {
  KernelRun destroy(state_kernels(), "DestroyResourceOp", {{"ignore_lookup_error", false}});
  destroy.variable(floats({}, {1}), {}, true).run();
  EXPECT_FALSE(destroy.variable_at(0).initialised());
  expect_code(error_of([&] { destroy.run(); }), Code::NotFound);
}

Tensor one_to_ten() { return floats({5, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}); }

TEST_P(Refs, ScattersAsTensorFlowDoes) {
  const std::pair<const char*, std::vector<float>> cases[] = {
      {"Update", {1, 2, 4, 5, 5, 6, 7, 8, 6, 7}},
      {"Add", {1, 2, 9, 12, 5, 6, 7, 8, 15, 17}},
      {"Sub", {1, 2, -3, -4, 5, 6, 7, 8, 3, 3}},
      {"Mul", {1, 2, 24, 60, 5, 6, 7, 8, 54, 70}},
      {"Div", {1, 2, 0.375f, 0.2666666805744171f, 5, 6, 7, 8, 1.5f, 1.4285714626312256f}},
      {"Min", {1, 2, 2, 3, 5, 6, 7, 8, 6, 7}},
      {"Max", {1, 2, 4, 5, 5, 6, 7, 8, 9, 10}},
  };
  for (const auto& [op, expected] : cases) {
    KernelRun run(state_kernels(), std::string(GetParam() ? "ResourceScatter" : "Scatter") + op);
    run.variable(one_to_ten(), {}, GetParam()).input(Tensor({3}, {1, 1, 4})).input(floats({3, 2}, {2, 3, 4, 5, 6, 7}));
    run.run();
    const Tensor found = run.variable_at(0).read();
    EXPECT_TRUE(found.equals(floats({5, 2}, expected))) << op << found.to_string();
  }
}

TEST_P(Refs, ScatterAScalarIntoEachRow) {
  KernelRun run(state_kernels(), GetParam() ? "ResourceScatterAdd" : "ScatterAdd");
  run.variable(one_to_ten(), {}, GetParam()).input(Tensor({2}, {1, 1})).input(floats({}, {3})).run();
  EXPECT_TRUE(run.variable_at(0).read().equals(floats({5, 2}, {1, 2, 9, 10, 5, 6, 7, 8, 9, 10})));
}

TEST_P(Refs, ScatterRefusesBadIndicesAndShapesAndChangesNothing) {
  const std::string op = GetParam() ? "ResourceScatterUpdate" : "ScatterUpdate";
  KernelRun index(state_kernels(), op);
  index.variable(one_to_ten(), {}, GetParam()).input(Tensor({2}, {0, 7})).input(floats({2, 2}, {0, 0, 0, 0}));
  expect_says(error_of([&] { index.run(); }), Code::InvalidArgument, "indices[1] = 7 is not in [0, 5)");
  EXPECT_TRUE(index.variable_at(0).read().equals(one_to_ten()));
  KernelRun shape(state_kernels(), op);
  shape.variable(one_to_ten(), {}, GetParam()).input(Tensor({2}, {1, 2})).input(Tensor::zeros(DType::Float32, {2, 3}));
  expect_says(
      error_of([&] { shape.run(); }), Code::InvalidArgument,
      "Must have updates.shape = indices.shape + params.shape[1:] or updates.shape = [], got updates.shape [2,3], "
      "indices.shape [2], params.shape [5,2]");
}

TEST(ScatterKernel, UpdatesStringsAndRefusesDivisionByZero) {
  KernelRun text(state_kernels(), "ResourceScatterUpdate", {{"dtype", DType::String}});
  text.variable(Tensor({2}, {"a", "b"}), {}, true).input(Tensor({1}, {1})).input(Tensor({1}, {"z"})).run();
  EXPECT_EQ(text.variable_at(0).read().at<std::string>(1), "z");
  KernelRun div(state_kernels(), "ScatterDiv");
  div.variable(Tensor({1}, {4})).input(Tensor({1}, {0})).input(Tensor({1}, {0}));
  expect_code(error_of([&] { div.run(); }), Code::InvalidArgument);
}

TEST(ResourceGatherKernel, TakesRows) {
  KernelRun gather(state_kernels(), "ResourceGather", {{"dtype", DType::Float32}});
  gather.variable(one_to_ten(), {}, true).input(Tensor({2, 1}, {4, 0}));
  EXPECT_TRUE(gather.run()[0].equals(floats({2, 1, 2}, {9, 10, 1, 2})));
  gather.set_input(1, Tensor({1, 2}, {0, 5}));
  expect_says(error_of([&] { gather.run(); }), Code::InvalidArgument, "indices[0,1] = 5 is not in [0, 5)");
}

TEST(ResourceGatherKernel, TakesRowsOfEachBatch) {
  KernelRun gather(state_kernels(), "ResourceGather", {{"dtype", DType::Float32}, {"batch_dims", 1}});
  gather.variable(one_to_ten(), {}, true).input(Tensor({5, 1}, {0, 1, 0, 1, 0}));
  EXPECT_TRUE(gather.run()[0].equals(floats({5, 1}, {1, 4, 5, 8, 9})));
  gather.set_input(1, Tensor({2, 1}, {0, 1}));
  expect_code(error_of([&] { gather.run(); }), Code::InvalidArgument);
}

TEST(CountUpToKernel, CountsUntilTheLimit) {
  KernelRun count(state_kernels(), "CountUpTo", {{"limit", 10}});
  count.variable(Tensor(8));
  EXPECT_EQ(count.run()[0].scalar<std::int32_t>(), 8);
  EXPECT_EQ(count.run()[0].scalar<std::int32_t>(), 9);
  expect_says(error_of([&] { count.run(); }), Code::OutOfRange, "Reached limit of 10");
  EXPECT_EQ(count.variable_at(0).read().scalar<std::int32_t>(), 10);
}

}  // namespace
}  // namespace tenon
