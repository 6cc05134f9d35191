// Partitioned variables: saved in some pieces, restored in others, whole, and the other way round.
#include "formats/bundle/bundle_reader.h"
#include "formats/checkpoint/checkpoint_reader.h"
#include "saver/saver_test_harness.h"
#include "tenon/initializers.h"

namespace tenon {
namespace {

using testing::ElementsAre;

class PiecesTest : public SaverTest {};

// The elements 0, 1, 2, ... of a shape, in any type that has them.
Tensor counted(DType dtype, const Shape& shape) {
  Tensor value(dtype, shape);
  for (std::int64_t i = 0; i < value.elements(); ++i) {
    switch (dtype) {
      case DType::String: value.at<std::string>(i) = "text " + std::to_string(i); break;
      case DType::Bool: value.at<bool>(i) = i % 3 == 0; break;
      case DType::Float16: value.at<Half>(i) = Half(static_cast<float>(i)); break;
      case DType::BFloat16: value.at<BFloat16>(i) = BFloat16(static_cast<float>(i)); break;
      case DType::Float32: value.at<float>(i) = static_cast<float>(i); break;
      case DType::Float64: value.at<double>(i) = static_cast<double>(i); break;
      case DType::Int8: value.at<std::int8_t>(i) = static_cast<std::int8_t>(i); break;
      case DType::Int16: value.at<std::int16_t>(i) = static_cast<std::int16_t>(i); break;
      case DType::Int32: value.at<std::int32_t>(i) = static_cast<std::int32_t>(i); break;
      case DType::Int64: value.at<std::int64_t>(i) = i; break;
      case DType::UInt8: value.at<std::uint8_t>(i) = static_cast<std::uint8_t>(i); break;
      case DType::UInt16: value.at<std::uint16_t>(i) = static_cast<std::uint16_t>(i); break;
      case DType::UInt32: value.at<std::uint32_t>(i) = static_cast<std::uint32_t>(i); break;
      case DType::UInt64: value.at<std::uint64_t>(i) = static_cast<std::uint64_t>(i); break;
      case DType::Complex64: value.at<std::complex<float>>(i) = {static_cast<float>(i), -1.f}; break;
      case DType::Complex128: value.at<std::complex<double>>(i) = {static_cast<double>(i), -1.}; break;
      default: ADD_FAILURE() << dtype_name(dtype);
    }
  }
  return value;
}

// "w" in so many pieces, or whole (0).
struct Cut {
  std::int64_t pieces = 0;
  int axis = 0;
  bool resource = false;
};

// A graph with "w" cut in a way.
struct Whole {
  Whole(const Tensor& value, const Cut& cut) {
    const Output initial = constant(graph, value, "initial");
    if (cut.pieces == 0) {
      w = variable(initial, "w", {.use_resource = cut.resource}).snapshot;
    } else {
      w = get_variable("w", initial, fixed_size_partitioner(cut.pieces, cut.axis), {.use_resource = cut.resource});
    }
    saver.emplace(graph);
  }
  Graph graph;
  Output w;
  std::optional<Saver> saver;
};

class CutsTest : public PiecesTest, public testing::WithParamInterface<DType> {};

// proves: S5.16 S9.24 E33
TEST_P(CutsTest, AreRestoredFromAnyOthers) {
  const Tensor value = counted(GetParam(), {7, 4});
  const std::vector<Cut> cuts = {{0}, {3}, {7}, {2, 1}, {0, 0, true}, {4, 0, true}};
  for (std::size_t i = 0; i < cuts.size(); ++i) {
    Whole saved(value, cuts[i]);
    Session session(saved.graph);
    session.run(saved.graph.global_variables_initializer());
    const std::string name = path("m" + std::to_string(i));
    saved.saver->save(session, name);
    EXPECT_TRUE(CheckpointReader::open(name)->read("w").equals(value));
    for (const Cut& cut : cuts) {
      Whole restored(value, cut);
      Session other(restored.graph);
      restored.saver->restore(other, name);
      EXPECT_TRUE(other.run(restored.w).equals(value)) << i << " to " << cut.pieces << " along " << cut.axis;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Types, CutsTest,
                         testing::Values(DType::Float32, DType::Float64, DType::Float16, DType::BFloat16, DType::Int8,
                                         DType::Int16, DType::Int32, DType::Int64, DType::UInt8, DType::UInt16,
                                         DType::UInt32, DType::UInt64, DType::Bool, DType::String, DType::Complex64,
                                         DType::Complex128),
                         [](const auto& info) { return dtype_name(info.param); });

// proves: S3.4 S1.21 S1.24
TEST_F(PiecesTest, AreOneTensorInSlices) {
  Whole three(counted(float32, {7, 4}), {3}), one(counted(float32, {7, 4}), {1});
  Session session(three.graph), other(one.graph);
  session.run(three.graph.global_variables_initializer());
  other.run(one.graph.global_variables_initializer());
  three.saver->save(session, path("three"));
  one.saver->save(other, path("one"));
  const BundleReader reader(path("three"));
  EXPECT_THAT(reader.keys(), ElementsAre("w"));
  EXPECT_EQ(reader.find("w")->slices.size(), 3u);
  EXPECT_EQ(BundleReader(path("one")).find("w")->slices.size(), 0u) << "a slice that is everything is no slice";
}

// proves: E32 S5.16
TEST_F(PiecesTest, AnotherFullShapeIsRefused) {
  for (const bool v1 : {false, true}) {
    Whole saved(counted(float32, {7, 4}), {3}), other(counted(float32, {6, 4}), {3}),
        whole(counted(float32, {6, 4}), {0});
    Session session(saved.graph), of_other(other.graph), of_whole(whole.graph);
    session.run(saved.graph.global_variables_initializer());
    Saver(saved.graph, {.v1_format = v1}).save(session, path("m"));
    expect_says(
        error_of([&] { other.saver->restore(of_other, path("m")); }), Code::InvalidArgument,
        v1 ? "tensor_name = w; Shape in shape_and_slice spec [6,4] does not match the shape in the save file: [7,4]"
           : "tensor_name = w; shape in shape_and_slice spec [6,4] does not match the shape stored in "
             "checkpoint: [7,4]");
    expect_says(error_of([&] { whole.saver->restore(of_whole, path("m")); }), Code::InvalidArgument,
                "lhs shape= [6,4] rhs shape= [7,4]");
    for (const std::string& name : files()) remove_file(path(name));
  }
}

// proves: E33
TEST_F(PiecesTest, WhatTheSavedOnesDoNotCoverIsRefused) {
  Whole saved(counted(float32, {6, 4}), {3}), whole(counted(float32, {6, 4}), {0});
  const Variable second = saved.graph.global_variables()[1];
  Session session(saved.graph), other(whole.graph);
  session.run(saved.graph.global_variables_initializer());
  Saver(saved.graph, {second}).save(session, path("m"));
  expect_says(error_of([&] { whole.saver->restore(other, path("m")); }), Code::InvalidArgument,
              "Does not have sufficient slices for partitioned tensor w");
  EXPECT_EQ(other.uninitialized_variables().size(), 1u);
}

// proves: S3.4
TEST_F(PiecesTest, GoUnderTheNamesOfADictionary) {
  Graph graph;
  const PartitionedVariable w = get_variable("w", constant(graph, counted(float32, {6})), fixed_size_partitioner(2));
  Saver whole(graph, {{"renamed", w}}), listed(graph, {{"listed", w.pieces()}}),
      each(graph, {{"x", w.pieces()[0]}, {"y", w.pieces()[1]}});
  Session session(graph);
  session.run(graph.global_variables_initializer());
  whole.save(session, path("whole"));
  listed.save(session, path("listed"));
  each.save(session, path("each"));
  EXPECT_TRUE(CheckpointReader::open(path("whole"))->read("renamed").equals(counted(float32, {6})));
  EXPECT_TRUE(CheckpointReader::open(path("listed"))->read("listed").equals(counted(float32, {6})));
  EXPECT_TRUE(CheckpointReader::open(path("each"))->read("x").equals(counted(float32, {3})));
  Session other(graph);
  restore_variables(other, path("listed"), {{"listed", w}});
  EXPECT_TRUE(other.run(w.as_tensor()).equals(counted(float32, {6})));
}

// proves: S3.4
TEST_F(PiecesTest, AreStillPiecesInAnImportedGraph) {
  Whole saved(counted(float32, {6, 4}), {3});
  Session session(saved.graph);
  session.run(saved.graph.global_variables_initializer());
  saved.saver->save(session, path("m"));
  Graph graph;
  Saver again = import_meta_graph(graph, path("m.meta"));
  Session other(graph);
  again.restore(other, path("m"));
  const PartitionedVariable w(graph.global_variables());
  EXPECT_THAT(w.partitions(), ElementsAre(3, 1));
  EXPECT_TRUE(other.run(w.as_tensor()).equals(counted(float32, {6, 4})));
  Saver(graph, {w}).save(other, path("again"));
  EXPECT_EQ(text("again.index"), text("m.index"));
}

}  // namespace
}  // namespace tenon
