#include <fmt/format.h>

#include "formats/tensor_proto/tensor_proto.h"
#include "graph.pb.h"

namespace tenon {
namespace {

constexpr int kMaxRank = 254;

void check_rank(const proto::TensorShapeProto& proto, std::string_view what) {
  if (proto.dim_size() > kMaxRank) {
    throw Error(Code::InvalidArgument,
                fmt::format("{}: a shape of {} dimensions; at most {} are allowed", what, proto.dim_size(), kMaxRank));
  }
}

}  // namespace

Shape shape_from_proto(const proto::TensorShapeProto& proto, std::string_view what) {
  check_rank(proto, what);
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
  check_rank(proto, what);
  if (proto.unknown_rank()) return PartialShape::unknown();
  Dims dims;
  for (const auto& dim : proto.dim()) {
    if (dim.size() < -1) {
      throw Error(Code::InvalidArgument, fmt::format("{}: a dimension of size {}", what, dim.size()));
    }
    dims.push_back(dim.size());
  }
  return PartialShape(std::span<const std::int64_t>(dims));
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
