// Node names inside collections, brought from a file's names to the graph's.
#pragma once

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
  // Names that are not in the file (loop contexts, say) get the scope in front.
  explicit Renamer(const ImportedGraph& imported) : imported_(imported) {}

  std::string operator()(std::string_view name) const;  // "x", "x:1", "^x"; "" stays ""
  void rename(proto::VariableDef& variable) const;
  void rename(proto::SaverDef& saver) const;
  // The bytes of one item of a collection that holds SaverDefs, queue runners or control-flow contexts; others, and
  // what cannot be parsed, come back as they are.
  std::string rename_item(const std::string& collection, const std::string& bytes) const;

 private:
  const ImportedGraph& imported_;
};

}  // namespace tenon
