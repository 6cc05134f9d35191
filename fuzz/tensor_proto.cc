#include "formats/tensor_proto/tensor_proto.h"

#include <cstdlib>

#include "formats/message/message_io.h"
#include "graph.pb.h"
#include "target.h"

TENON_FUZZ_TARGET(bytes) {
  tenon::proto::TensorProto proto;
  if (!tenon::parse_binary(bytes, proto)) return;
  const tenon::Tensor tensor = tenon::tensor_from_proto(proto, "fuzz", 1 << 20);
  tenon::tensor_to_proto(tensor, &proto);
  if (!tenon::tensor_from_proto(proto, "fuzz", 1 << 20).equals(tensor)) std::abort();
}
