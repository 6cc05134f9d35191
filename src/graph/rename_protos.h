// Node names inside collections: from a file's to the graph's at import, out of a scope at export.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "graph/import_graph.h"

namespace tenon::proto {
class SaverDef;
class VariableDef;
}  // namespace tenon::proto

namespace tenon {

class Renamer {
 public:
  // From a file's names to the graph's. Names that are not in the file (loop contexts, say) get the scope in front.
  explicit Renamer(const ImportedGraph& imported)
      : node_name_([&imported](std::string_view name) { return imported.name_of(name); }) {}
  // From the graph's names to those that they have without the scope in front; others stay as they are.
  static Renamer without_scope(std::string_view scope);

  std::string operator()(std::string_view name) const;  // "x", "x:1", "^x"; "" stays ""
  void rename(proto::VariableDef& variable) const;
  void rename(proto::SaverDef& saver) const;
  // The bytes of one item of a collection that holds SaverDefs, queue runners or control-flow contexts; others, and
  // what cannot be parsed, come back as they are.
  std::string rename_item(const std::string& collection, const std::string& bytes) const;

 private:
  using NodeName = std::function<std::string(std::string_view name)>;
  explicit Renamer(NodeName node_name) : node_name_(std::move(node_name)) {}
  NodeName node_name_;
};

// The node or context that such an item is about; "" if that cannot be told.
std::string named_by_item(const std::string& collection, const std::string& bytes);

}  // namespace tenon
