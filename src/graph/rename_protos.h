// Node names inside collections, brought from a file's names to the graph's.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

namespace tenon::proto {
class SaverDef;
class VariableDef;
}  // namespace tenon::proto

namespace tenon {

class Renamer {
 public:
  // Names that are not in `names` (loop contexts, say) get `scope` in front.
  Renamer(const std::unordered_map<std::string, std::string>& names, std::string scope)
      : names_(names), scope_(std::move(scope)) {}

  std::string operator()(std::string_view name) const;  // "x", "x:1", "^x"; "" stays ""
  void rename(proto::VariableDef& variable) const;
  void rename(proto::SaverDef& saver) const;
  // The bytes of one item of a collection that holds SaverDefs, queue runners or control-flow contexts; others, and
  // what cannot be parsed, come back as they are.
  std::string rename_item(const std::string& collection, const std::string& bytes) const;

 private:
  const std::unordered_map<std::string, std::string>& names_;
  std::string scope_;
};

}  // namespace tenon
