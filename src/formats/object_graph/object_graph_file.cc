#include "formats/object_graph/object_graph_file.h"

#include <fmt/format.h>

#include "formats/object_graph/object_graph_proto.h"
#include "tenon/error.h"

namespace tenon {

std::unique_ptr<ObjectGraph> read_object_graph(const CheckpointReader& reader) {
  const auto entry = reader.find(kObjectGraphKey);
  if (!entry) return nullptr;
  if (entry->dtype != DType::String || entry->shape.elements() != 1) {
    throw Error(Code::DataLoss, fmt::format("{}: tensor \"{}\": {}{}, expected one string", reader.prefix(),
                                            kObjectGraphKey, dtype_name(entry->dtype), entry->shape.to_string()));
  }
  const Tensor stored = reader.read(kObjectGraphKey);
  return std::make_unique<ObjectGraph>(parse_object_graph(stored.data<std::string>()[0], reader.prefix()));
}

}  // namespace tenon
