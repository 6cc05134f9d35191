// A graph in a file, its nodes left as the bytes that they are: what import reads.
//
//   const GraphFile file = read_graph_file("model.ckpt.meta", ModelFile::MetaGraph);
//   for (const NodeBytes& node : file.nodes()) node.name; node.op;
//   file.meta().saver_def();
//
// A graph of 100,000 nodes costs a walk over its bytes instead of a million small objects. Everything has been checked:
// what is inside a node can be parsed.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/meta_graph/bytes_list.h"
#include "formats/meta_graph/meta_graph.h"

namespace tenon {

struct WireField;

// One NodeDef.
struct NodeBytes {
  std::string_view name;
  std::string_view op;
  std::string_view all;
};

class GraphFile {
 public:
  // From messages in memory; `name` stands for the file in errors.
  static GraphFile of(const proto::MetaGraphDef& meta, std::string name = "meta graph");
  static GraphFile of(const proto::GraphDef& graph, std::string name = "graph");
  GraphFile(GraphFile&&) noexcept;
  GraphFile& operator=(GraphFile&&) noexcept;
  ~GraphFile();

  const std::string& name() const { return name_; }
  // All but the nodes; collections of bytes are in it only if they had to be parsed. Of a GraphDef, only graph_def is
  // set.
  const proto::MetaGraphDef& meta() const { return *meta_; }
  const proto::GraphDef& graph() const;
  std::span<const NodeBytes> nodes() const { return nodes_; }
  // All collections of bytes.
  std::span<const BytesList> bytes_lists() const { return bytes_lists_; }
  const BytesList* find_bytes_list(std::string_view collection) const;
  // Keeps alive what the nodes point into.
  std::shared_ptr<const std::string> bytes() const { return bytes_; }

 private:
  friend GraphFile parse_graph_file(std::string bytes, const std::string& name, ModelFile kind);
  GraphFile(std::string bytes, std::string name);
  bool split(ModelFile kind);
  struct Rest;
  bool read_parts(const Rest& rest, int levels);
  bool read_rest(const Rest& rest);
  bool read_collections(const std::vector<WireField>& collections);
  void add_parsed_lists();
  bool is_one(ModelFile kind) const;
  [[noreturn]] void refuse(std::string_view type) const;

  std::string name_;
  std::shared_ptr<const std::string> bytes_;
  std::unique_ptr<proto::MetaGraphDef> meta_;
  std::vector<NodeBytes> nodes_;
  std::vector<BytesList> bytes_lists_;
};

// REQUIRES: kind is MetaGraph or GraphDef. Binary or text. Throw what read_meta_graph and read_graph_def throw.
GraphFile read_graph_file(const std::string& path, ModelFile kind);
GraphFile parse_graph_file(std::string bytes, const std::string& name, ModelFile kind);

}  // namespace tenon
