// TensorProto <-> Tensor: the constants inside graphs.
//
// Bytes (protobuf): 1 dtype, 2 tensor_shape, then either 4 tensor_content (the elements as they lie in memory,
// little-endian; strings as varint lengths followed by all bytes) or one list of values, by type: 5 float_val,
// 6 double_val, 7 int_val (int8 to int32, uint8, uint16, the quantised types), 8 string_val, 9 scomplex_val (re, im),
// 10 int64_val, 11 bool_val, 12 dcomplex_val, 13 half_val (bits of float16 and bfloat16), 16 uint32_val,
// 17 uint64_val, 18 float8_val. A list with fewer values than the shape has elements goes on with its last one;
// an empty list means zeros, empty strings. Values that are too many are ignored, as TensorFlow does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tenon/tensor.h"

namespace tenon {

namespace proto {
class TensorProto;
class TensorShapeProto;
}  // namespace proto

// How many bytes a tensor may take whose values are not all in the file.
inline constexpr std::int64_t kMaxFilledBytes = std::int64_t{1} << 33;

// `what` begins the message of an error ("node a: attribute value"). Throws InvalidArgument for a proto that is no
// tensor, ResourceExhausted for a filled one above the limit, Unimplemented for resource and variant.
Tensor tensor_from_proto(const proto::TensorProto& proto, std::string_view what,
                         std::int64_t max_filled_bytes = kMaxFilledBytes);

// From the bytes of a TensorProto that is a scalar as most constants are: a float32, int32 or string in its list.
// Nothing for any other, which tensor_from_proto() understands.
std::optional<Tensor> scalar_from_bytes(std::string_view bytes);

// Exactly as Python's make_tensor_proto writes an array: tensor_content for two or more elements of most types,
// else the list of values. Replaces what *proto holds. Throws InvalidArgument for 2 GiB or more.
void tensor_to_proto(const Tensor& tensor, proto::TensorProto* proto);

// As tf.constant(values, shape=shape) does: only the list of `values`, which may be shorter than `shape`.
void filled_to_proto(const Tensor& values, const Shape& shape, proto::TensorProto* proto);

// Throws InvalidArgument (beginning with `what`) for an unknown rank, unknown sizes or too many elements.
Shape shape_from_proto(const proto::TensorShapeProto& proto, std::string_view what);
PartialShape partial_shape_from_proto(const proto::TensorShapeProto& proto, std::string_view what);
// From the bytes of a TensorShapeProto; errors do not say where it is.
PartialShape partial_shape_from_bytes(std::string_view bytes);
// Appends what the message would be written as.
void append_shape(const PartialShape& shape, std::string& out);
void shape_to_proto(const Shape& shape, proto::TensorShapeProto* proto);
void partial_shape_to_proto(const PartialShape& shape, proto::TensorShapeProto* proto);

}  // namespace tenon
