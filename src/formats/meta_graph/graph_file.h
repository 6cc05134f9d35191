// A graph in a file, its nodes left as the bytes that they are: what import reads.
//
//   const GraphFile file = read_graph_file("model.ckpt.meta", ModelFile::MetaGraph);
//   for (const NodeBytes& node : file.nodes()) node.name(), node.op();
//   file.meta().saver_def();
//
// A graph of 100,000 nodes costs a walk over its bytes instead of a million small objects. Everything has been checked:
// what is inside a node can be parsed.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/shared_bytes.h"
#include "formats/meta_graph/bytes_list.h"
#include "formats/meta_graph/meta_graph.h"

namespace tenon {

class MessageCheck;
class RecentBytes;
struct WireField;

// One NodeDef.
class NodeBytes {
 public:
  explicit NodeBytes(std::string_view all) : data_(all.data()), size_(static_cast<std::uint32_t>(all.size())) {}

  std::string_view all() const { return {data_, size_}; }
  std::string_view name() const { return part(name_); }
  std::string_view op() const { return part(op_); }

 private:
  friend class GraphFile;
  // A graph has very many nodes, and less than 2 GiB.
  struct Part {
    std::uint32_t at = 0, size = 0;
  };
  std::string_view part(Part part) const { return {data_ + part.at, part.size}; }
  Part part_of(std::string_view bytes) const {
    return {static_cast<std::uint32_t>(bytes.data() - data_), static_cast<std::uint32_t>(bytes.size())};
  }
  bool read(const MessageCheck& is_node, int levels, RecentBytes& attrs);

  const char* data_;
  std::uint32_t size_;
  Part name_, op_;
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
  // What the nodes point into.
  const SharedBytes& bytes() const { return bytes_; }

 private:
  friend GraphFile parse_graph_file(SharedBytes bytes, const std::string& name, ModelFile kind);
  GraphFile(SharedBytes bytes, std::string name);
  bool split(ModelFile kind);
  struct Rest;
  bool read_parts(const Rest& rest, int levels);
  bool read_rest(const Rest& rest);
  bool read_collections(const std::vector<WireField>& collections);
  void add_parsed_lists();
  bool is_one(ModelFile kind) const;
  [[noreturn]] void refuse(std::string_view type) const;

  std::string name_;
  SharedBytes bytes_;
  std::unique_ptr<proto::MetaGraphDef> meta_;
  std::vector<NodeBytes> nodes_;
  bool all_named_ = true;  // the nodes, and their ops
  std::vector<BytesList> bytes_lists_;
};

// REQUIRES: kind is MetaGraph or GraphDef. Binary or text. Throw what read_meta_graph and read_graph_def throw.
GraphFile read_graph_file(const std::string& path, ModelFile kind);
GraphFile parse_graph_file(SharedBytes bytes, const std::string& name, ModelFile kind);

}  // namespace tenon
