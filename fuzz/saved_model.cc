#include "formats/meta_graph/meta_graph.h"
#include "formats/saved_model/saved_model_files.h"
#include "formats/saved_model/signatures.h"
#include "meta_graph.pb.h"
#include "target.h"

TENON_FUZZ_TARGET(bytes) {
  const auto saved = tenon::parse_saved_model(bytes, "fuzz");
  for (const auto& graph : saved->meta_graphs()) {
    tenon::find_tagged_graph(*saved, tenon::tags_of(graph), "fuzz");
    const tenon::Signatures signatures = tenon::signatures_from_proto(graph, "fuzz");
    try {
      tenon::asset_paths(graph, "fuzz");
      tenon::init_operation(graph);
      tenon::proto::MetaGraphDef again;
      tenon::signatures_to_proto(signatures, &again);
    } catch (const tenon::Error& error) {
      if (error.code() == tenon::Code::Internal) throw;
    }
  }
}
