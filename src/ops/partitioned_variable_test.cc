#include "tenon/partitioned_variable.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/graph_impl.h"
#include "testing/errors.h"

namespace tenon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Partitioner fixed(std::vector<std::int64_t> partitions) {
  return [=](const Shape&, DType) { return partitions; };
}

TEST(PartitionedVariable, KnowsItsPiecesAndWhereTheyLie) {
  Graph graph;
  const PartitionedVariable w = get_variable(graph, "w", {7, 2}, fixed_size_partitioner(3));
  EXPECT_EQ(w.name(), "w");
  EXPECT_EQ(w.dtype(), float32);
  EXPECT_EQ(w.shape(), (Shape{7, 2}));
  EXPECT_THAT(w.partitions(), ElementsAre(3, 1));
  ASSERT_EQ(w.pieces().size(), 3u);
  EXPECT_EQ(save_slice_info(w.pieces()[0])->spec(), "7 2 0,3:0,2");
  EXPECT_EQ(save_slice_info(w.pieces()[1])->spec(), "7 2 3,2:0,2");
  EXPECT_EQ(save_slice_info(w.pieces()[2])->spec(), "7 2 5,2:0,2");
  EXPECT_EQ(w.as_tensor().shape(), PartialShape({7, 2}));
  EXPECT_FALSE(save_slice_info(get_variable(graph, "v", {2})));
}

TEST(PartitionedVariable, IsPutTogetherFromVariablesInAnyOrder) {
  Graph graph;
  const Variable rest = get_variable(graph, "rest", {3}), top = get_variable(graph, "top", {2});
  const auto slice = [](std::int64_t offset, std::int64_t size) {
    return SaveSliceInfo{.full_name = "all", .full_shape = {5}, .var_offset = {offset}, .var_shape = {size}};
  };
  set_save_slice_info(top, slice(0, 2));
  expect_says(error_of([&] { PartitionedVariable({top, rest}); }), Code::InvalidArgument,
              "must have a save_slice_info available: rest:0");
  set_save_slice_info(rest, slice(2, 3));
  const PartitionedVariable all({rest, top});
  EXPECT_EQ(all.name(), "all");
  EXPECT_THAT(all.partitions(), ElementsAre(2));
  EXPECT_EQ(all.pieces()[0].name(), "top:0");
  expect_says(error_of([&] { PartitionedVariable(std::vector<Variable>()); }), Code::InvalidArgument,
              "variable_list may not be empty");

  expect_says(error_of([&] { set_save_slice_info(top, slice(4, 2)); }), Code::InvalidArgument,
              "does not lie within dimension 0 of [5]");
  expect_says(error_of([&] { set_save_slice_info(top, slice(0, 3)); }), Code::InvalidArgument,
              "its shape is [2], the slice's [3]");
}

TEST(PartitionedVariable, RefusesPartitionsThatTensorFlowRefuses) {
  Graph graph;
  const auto made = [&](const Shape& shape, const Partitioner& partitioner) {
    return error_text(Code::InvalidArgument, [&] { get_variable(graph, "w", shape, partitioner); });
  };
  EXPECT_THAT(made({}, fixed({})), HasSubstr("A partitioned Variable must have rank at least 1"));
  EXPECT_THAT(made({4, 4}, fixed({2})), HasSubstr("does not match the Variable's rank: [2] vs. [4,4]"));
  EXPECT_THAT(made({4, 4}, fixed({0, 1})), HasSubstr("Partitioner returned zero partitions for some axes: [0, 1]"));
  EXPECT_THAT(made({4, 4}, fixed({2, 2})), HasSubstr("Can only slice a variable along one dimension"));
  EXPECT_THAT(made({4}, fixed_size_partitioner(2, 1)), HasSubstr("Cannot partition variable along axis 1"));
  EXPECT_EQ(graph.num_operations(), 0);
  expect_says(error_of([] { variable_axis_size_partitioner(0); }), Code::InvalidArgument, "must be positive");
}

TEST(PartitionedVariable, IsReusedOnlyAsItIs) {
  Graph graph;
  get_variable(graph, "w", {4, 2}, fixed_size_partitioner(2));
  get_variable(graph, "v", {4});
  const auto again = [&](const char* name, const Shape& shape, int count, DType dtype = float32) {
    return error_text(Code::InvalidArgument,
                      [&] { get_variable(graph, name, shape, fixed_size_partitioner(count), {.dtype = dtype}); });
  };
  EXPECT_THAT(again("w", {4, 2}, 2), HasSubstr("Partitioned variable with name w already exists"));
  EXPECT_THAT(again("v", {4}, 2), HasSubstr("an unpartitioned version of the variable was found: v"));
  expect_says(error_of([&] { get_variable(graph, "w", {4, 2}); }),
              Code::InvalidArgument,
              "No partitioner was provided, but a partitioned version of the variable was found: w/part_0");
  EXPECT_NO_THROW(get_variable(graph, "scope/w", {4, 2}, fixed_size_partitioner(2)));
  auto scope = variable_scope(graph, "scope", {.reuse = true});
  EXPECT_EQ(get_variable(graph, "w", {4, 2}, fixed_size_partitioner(2)).name(), "scope/w");
  EXPECT_THAT(again("w", {4, 3}, 2), HasSubstr("specified shape [4,3] and found shape [4,2]"));
  EXPECT_THAT(again("w", {4, 2}, 2, int32), HasSubstr("specified dtype int32 and found dtype float32"));
  EXPECT_THAT(again("w", {4, 2}, 3), HasSubstr("specified partitions [3, 1] and found partitions [2, 1]"));
  EXPECT_THAT(again("x", {4, 2}, 3), HasSubstr("PartitionedVariable scope/x does not exist"));
}

TEST(PartitionedVariable, TakesOneValueForEachPiece) {
  Graph graph;
  const PartitionedVariable w = get_variable(graph, "w", {4}, fixed_size_partitioner(2));
  EXPECT_EQ(assign(w, std::vector<Output>{w.pieces()[1], w.pieces()[0]}).size(), 2u);
  expect_says(error_of([&] { assign(w, std::vector<Output>{w.pieces()[0]}); }), Code::InvalidArgument,
              "1 values for w, which has 2 pieces");
}

}  // namespace
}  // namespace tenon
