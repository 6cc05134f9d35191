#include "formats/tensor_proto/tensor_proto.h"

#include <gtest/gtest.h>

#include <complex>

#include "graph.pb.h"
#include "testing/errors.h"

namespace tenon {
namespace {

proto::TensorProto round_trip_proto(const Tensor& tensor) {
  proto::TensorProto proto;
  tensor_to_proto(tensor, &proto);
  return proto;
}

Code code_of(const proto::TensorProto& proto) {
  const Error error = error_of([&] { tensor_from_proto(proto, "node a"); });
  EXPECT_EQ(std::string(error.what()).substr(0, 6), "node a");
  return error.code();
}

TEST(TensorProto, KeepsEveryType) {
  for (int number = 1; number <= 32; ++number) {
    const auto type = static_cast<DType>(number);
    if (type == DType::Resource || type == DType::Variant || type == DType::String) continue;
    for (const Shape& shape : {Shape{}, Shape{1}, Shape{3}, Shape{2, 0}}) {
      Tensor tensor = Tensor::zeros(type, shape);
      for (std::size_t i = 0; i < tensor.bytes(); ++i) tensor.raw()[i] = static_cast<std::byte>(i % 2);
      EXPECT_TRUE(tensor_from_proto(round_trip_proto(tensor), "t").equals(tensor)) << tensor.to_string();
    }
  }
  const Tensor strings(Shape{3}, {"a", "", "long"});
  EXPECT_TRUE(tensor_from_proto(round_trip_proto(strings), "t").equals(strings));
}

TEST(TensorProto, IsWrittenAsPythonWritesIt) {
  EXPECT_EQ(round_trip_proto(Tensor(3)).int_val(0), 3);
  EXPECT_EQ(round_trip_proto(Tensor({1}, {3.f})).float_val(0), 3.f);
  EXPECT_EQ(round_trip_proto(Tensor({2}, {3.f, 3.f})).tensor_content().size(), 8u);
  EXPECT_EQ(round_trip_proto(Tensor(Half(3.f))).half_val(0), 16896);
  EXPECT_EQ(round_trip_proto(Tensor({2}, {std::uint16_t{3}, std::uint16_t{4}})).int_val_size(), 2);
  EXPECT_EQ(round_trip_proto(Tensor({2}, {true, false})).bool_val_size(), 2);
  EXPECT_EQ(round_trip_proto(Tensor({2}, {std::complex<float>(3), std::complex<float>(4)})).scomplex_val_size(), 4);
  const proto::TensorProto empty = round_trip_proto(Tensor(DType::Float32, {0}));
  EXPECT_EQ(empty.float_val_size(), 0);
  EXPECT_EQ(empty.tensor_shape().dim(0).size(), 0);
}

TEST(TensorProto, BytesOfScalarsSayWhatTheMessageSays) {
  const auto read = [](const proto::TensorProto& proto) { return scalar_from_bytes(proto.SerializeAsString()); };
  for (const Tensor& scalar : {Tensor(2.5f), Tensor(0.f), Tensor(7), Tensor(-7), Tensor("text"), Tensor("")}) {
    const auto found = read(round_trip_proto(scalar));
    ASSERT_TRUE(found) << scalar.to_string();
    EXPECT_TRUE(found->equals(scalar)) << found->to_string();
  }
  proto::TensorProto several = round_trip_proto(Tensor(7));
  several.add_int_val(8);
  proto::TensorProto mixed = round_trip_proto(Tensor(7));
  mixed.add_float_val(8);
  proto::TensorProto none = round_trip_proto(Tensor(7));
  none.clear_int_val();
  for (const auto& proto : {several, mixed, none, round_trip_proto(Tensor({1}, {3.f})), round_trip_proto(Tensor(2.5)),
                            round_trip_proto(Tensor({2}, {3.f, 4.f}))}) {
    EXPECT_FALSE(read(proto)) << proto.ShortDebugString();
  }
}

TEST(TensorProto, RepeatsTheLastValue) {
  proto::TensorProto proto;
  filled_to_proto(Tensor({2}, {1, 2}), {4}, &proto);
  EXPECT_EQ(proto.int_val_size(), 2);
  EXPECT_EQ(tensor_from_proto(proto, "t").to_string(), "int32 [4] [1,2,2,2]");
  filled_to_proto(Tensor("x"), {2}, &proto);
  EXPECT_EQ(tensor_from_proto(proto, "t").to_string(), "string [2] [\"x\",\"x\"]");
  proto.clear_string_val();
  EXPECT_EQ(tensor_from_proto(proto, "t").to_string(), "string [2] [\"\",\"\"]");
}

TEST(TensorProto, ReadsStringsFromContent) {
  proto::TensorProto proto;
  proto.set_dtype(proto::DT_STRING);
  proto.mutable_tensor_shape()->add_dim()->set_size(2);
  proto.set_tensor_content(std::string("\x01\x02" "abc"));
  EXPECT_EQ(tensor_from_proto(proto, "t").to_string(), "string [2] [\"a\",\"bc\"]");
  proto.set_tensor_content(std::string("\x01\x7f" "abc"));
  EXPECT_THROW(tensor_from_proto(proto, "t"), Error);
}

TEST(TensorProto, AllocatesNothingForAMereClaim) {
  proto::TensorProto proto;
  proto.set_dtype(proto::DT_FLOAT);
  for (int i = 0; i < 3; ++i) proto.mutable_tensor_shape()->add_dim()->set_size(1 << 20);
  EXPECT_EQ(code_of(proto), Code::ResourceExhausted);
  proto.mutable_tensor_shape()->add_dim()->set_size(1 << 20);
  EXPECT_EQ(code_of(proto), Code::InvalidArgument);
  proto.set_tensor_content("abc");
  EXPECT_EQ(code_of(proto), Code::InvalidArgument);
}

TEST(TensorProto, RefusesWhatIsNoTensor) {
  proto::TensorProto proto;
  EXPECT_EQ(code_of(proto), Code::InvalidArgument);  // no type
  proto.set_dtype(static_cast<proto::DataType>(77));
  EXPECT_EQ(code_of(proto), Code::InvalidArgument);
  proto.set_dtype(proto::DT_VARIANT);
  EXPECT_EQ(code_of(proto), Code::Unimplemented);
  proto.set_dtype(proto::DT_FLOAT);
  proto.mutable_tensor_shape()->add_dim()->set_size(-1);
  EXPECT_EQ(code_of(proto), Code::InvalidArgument);
  proto.mutable_tensor_shape()->mutable_dim(0)->set_size(3);
  proto.set_tensor_content("12345");
  EXPECT_EQ(code_of(proto), Code::InvalidArgument);
}

TEST(ShapeProto, KeepsUnknownSizesAndRank) {
  proto::TensorShapeProto proto;
  partial_shape_to_proto(PartialShape{-1, 3}, &proto);
  EXPECT_EQ(partial_shape_from_proto(proto, "t").to_string(), "[?,3]");
  partial_shape_to_proto(PartialShape::unknown(), &proto);
  EXPECT_TRUE(proto.unknown_rank());
  EXPECT_FALSE(partial_shape_from_proto(proto, "t").known_rank());
}

}  // namespace
}  // namespace tenon
