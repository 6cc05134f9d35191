#include "formats/object_graph/object_graph_proto.h"

#include <cstdlib>

#include "target.h"

TENON_FUZZ_TARGET(bytes) {
  constexpr int kDeepest = 100;  // of objects whose paths are tried: a chain of them has paths of quadratic length
  const tenon::ObjectGraph graph = tenon::parse_object_graph(bytes, "fuzz");
  for (int i = 0; i < static_cast<int>(graph.objects().size()); ++i) {
    if (graph.depth(i) > kDeepest) continue;
    const auto path = graph.path(i);
    if (path) graph.find(*path);
  }
  const std::string again = tenon::object_graph_bytes(graph.objects());
  if (tenon::object_graph_bytes(tenon::parse_object_graph(again, "fuzz").objects()) != again) std::abort();
  try {
    graph.key("a/b");
  } catch (const tenon::Error&) {
    // There need not be one.
  }
}
