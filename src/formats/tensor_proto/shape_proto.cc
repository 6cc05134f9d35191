#include <fmt/format.h>

#include "formats/message/wire.h"
#include "formats/tensor_proto/tensor_proto.h"
#include "graph.pb.h"

namespace tenon {
namespace {

constexpr int kMaxRank = 254;

// Field numbers.
constexpr int kDim = 2, kUnknownRank = 3, kDimSize = 1;

[[noreturn]] void refuse(std::string_view what, const std::string& message) {
  throw Error(Code::InvalidArgument, what.empty() ? message : fmt::format("{}: {}", what, message));
}

void check_rank(std::int64_t rank, std::string_view what = "") {
  if (rank > kMaxRank) refuse(what, fmt::format("a shape of {} dimensions; at most {} are allowed", rank, kMaxRank));
}

void check_dim(std::int64_t size, std::string_view what = "") {
  if (size < -1) refuse(what, fmt::format("a dimension of size {}", size));
}

std::int64_t dim_size(std::string_view dim) {
  std::int64_t size = 0;
  WireReader reader(dim);
  for (WireField field; reader.next(field);) {
    if (field.number == kDimSize && field.is_varint()) size = static_cast<std::int64_t>(field.value);
  }
  return size;
}

}  // namespace

Shape shape_from_proto(const proto::TensorShapeProto& proto, std::string_view what) {
  check_rank(proto.dim_size(), what);
  if (proto.unknown_rank()) {
    throw Error(Code::InvalidArgument, fmt::format("{}: the shape of a value has no rank", what));
  }
  Dims dims;
  for (const auto& dim : proto.dim()) dims.push_back(dim.size());
  try {
    return Shape::make(dims);
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("{}: {}", what, error.what()));
  }
}

PartialShape partial_shape_from_proto(const proto::TensorShapeProto& proto, std::string_view what) {
  check_rank(proto.dim_size(), what);
  if (proto.unknown_rank()) return PartialShape::unknown();
  Dims dims;
  for (const auto& dim : proto.dim()) {
    check_dim(dim.size(), what);
    dims.push_back(dim.size());
  }
  return PartialShape(std::span<const std::int64_t>(dims));
}

PartialShape partial_shape_from_bytes(std::string_view bytes) {
  Dims dims;
  bool unknown_rank = false;
  WireReader reader(bytes);
  for (WireField field; reader.next(field);) {
    if (field.number == kUnknownRank && field.is_varint()) unknown_rank = field.value != 0;
    if (field.number != kDim || !field.is_bytes()) continue;
    const std::int64_t size = dim_size(field.bytes);
    check_rank(dims.size() + 1);
    if (!unknown_rank) check_dim(size);
    dims.push_back(size);
  }
  return unknown_rank ? PartialShape::unknown() : PartialShape(std::span<const std::int64_t>(dims));
}

void append_shape(const PartialShape& shape, std::string& out) {
  for (const std::int64_t size : shape.dims()) {
    put_tag(out, kDim, WireType::Bytes);
    if (size == 0) {
      put_varint64(out, 0);
      continue;
    }
    put_varint64(out, 1 + varint_size(static_cast<std::uint64_t>(size)));
    put_varint_field(out, kDimSize, static_cast<std::uint64_t>(size));
  }
  if (!shape.known_rank()) put_varint_field(out, kUnknownRank, 1);
}

void shape_to_proto(const Shape& shape, proto::TensorShapeProto* proto) {
  proto->Clear();
  for (const std::int64_t dim : shape) proto->add_dim()->set_size(dim);
}

void partial_shape_to_proto(const PartialShape& shape, proto::TensorShapeProto* proto) {
  proto->Clear();
  if (!shape.known_rank()) proto->set_unknown_rank(true);
  for (const std::int64_t dim : shape.dims()) proto->add_dim()->set_size(dim);
}

}  // namespace tenon
