#include "formats/meta_graph/meta_graph.h"
#include "target.h"
#include "meta_graph.pb.h"

TENON_FUZZ_TARGET(bytes) {
  tenon::recognise_model_bytes(bytes);
  const auto meta = tenon::parse_meta_graph(bytes, "fuzz");
  tenon::parse_meta_graph(tenon::meta_graph_bytes(*meta), "fuzz");
}
