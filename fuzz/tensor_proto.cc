#include "formats/tensor_proto/tensor_proto.h"

#include <cstdlib>

#include "target.h"
#include "graph.pb.h"

TENON_FUZZ_TARGET(bytes) {
  tenon::proto::TensorProto proto;
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  const tenon::Tensor tensor = tenon::tensor_from_proto(proto, "fuzz", 1 << 20);
  tenon::tensor_to_proto(tensor, &proto);
  if (!tenon::tensor_from_proto(proto, "fuzz", 1 << 20).equals(tensor)) std::abort();
}
