// Which list of a TensorProto holds the values of which type, and how they are converted.
#pragma once

#include <cstdint>

#include "tenon/tensor.h"

namespace tenon::proto {
class TensorProto;
}

namespace tenon {

struct ValueList {
  DType type;
  // Copies at most `count` elements to `out`; returns how many there were to copy.
  std::int64_t (*read)(const proto::TensorProto& proto, std::int64_t count, Tensor& out);
  std::int64_t (*size)(const proto::TensorProto& proto);  // how many elements there are
  void (*write)(const Tensor& values, proto::TensorProto* proto);
  bool content;  // arrays of this type go to tensor_content
};

// Null for types that have no list.
const ValueList* value_list_of(DType type);

}  // namespace tenon
