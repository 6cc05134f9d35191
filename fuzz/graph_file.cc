// The reader of large graphs, which leaves nodes and collections as bytes, beside protobuf's.
#include "formats/meta_graph/graph_file.h"

#include <algorithm>
#include <stdexcept>

#include "meta_graph.pb.h"
#include "target.h"

namespace {

using tenon::BytesList;
using tenon::GraphFile;
using tenon::ModelFile;

void expect(bool same, const char* what) {
  if (!same) throw std::logic_error(what);
}

void compare_nodes(const GraphFile& file, const tenon::proto::GraphDef& graph) {
  expect(static_cast<int>(file.nodes().size()) == graph.node_size(), "number of nodes");
  for (int i = 0; i < graph.node_size(); ++i) {
    const tenon::NodeBytes& node = file.nodes()[static_cast<std::size_t>(i)];
    expect(node.name() == graph.node(i).name() && node.op() == graph.node(i).op(), "a node");
  }
}

void compare_collections(const GraphFile& file, const tenon::proto::MetaGraphDef& meta) {
  std::size_t lists = 0;
  for (const auto& [name, collection] : meta.collection_def()) {
    if (!collection.has_bytes_list()) continue;
    ++lists;
    const BytesList* list = file.find_bytes_list(name);
    const auto& values = collection.bytes_list().value();
    expect(list && std::equal(values.begin(), values.end(), list->items.begin(), list->items.end()), "a collection");
  }
  expect(file.bytes_lists().size() == lists, "number of collections");
}

}  // namespace

TENON_FUZZ_TARGET(bytes) {
  const GraphFile file = tenon::parse_graph_file(std::string(bytes), "fuzz", ModelFile::MetaGraph);
  const auto meta = tenon::parse_meta_graph(bytes, "fuzz");
  compare_nodes(file, meta->graph_def());
  compare_collections(file, *meta);
}
