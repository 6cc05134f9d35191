#include <fmt/format.h>

#include "cli/ls.h"
#include "tenon/checkpoint.h"
#include "tenon/object_checkpoint.h"

namespace tenon {
namespace {

using nlohmann::ordered_json;

constexpr int kDeepest =
    60;  // deeper objects have no path and no more indentation, so that no file makes megabytes of it

ordered_json path_json(const ObjectGraph& graph, int object) {
  if (graph.depth(object) > kDeepest) return nullptr;
  const auto path = graph.path(object);
  return path ? ordered_json(*path) : ordered_json(nullptr);
}

ordered_json attribute_json(const Checkpoint& checkpoint, const ObjectGraph::Attribute& attribute) {
  ordered_json json{{"attribute", attribute.name}, {"key", attribute.key}};
  if (!attribute.full_name.empty()) json["name"] = attribute.full_name;
  if (checkpoint.has(attribute.key)) {
    const Shape shape = checkpoint.shape(attribute.key);
    json["dtype"] = dtype_name(checkpoint.dtype(attribute.key));
    json["shape"] = std::vector<std::int64_t>(shape.begin(), shape.end());
  }
  return json;
}

ordered_json object_json(const Checkpoint& checkpoint, const ObjectGraph& graph, int number) {
  const ObjectGraph::Object& object = graph.objects()[static_cast<std::size_t>(number)];
  ordered_json json{{"object", number}, {"path", path_json(graph, number)}};
  if (!object.children.empty()) json["children"] = ordered_json::array();
  for (const auto& child : object.children)
    json["children"].push_back({{"name", child.name}, {"object", child.object}});
  if (!object.attributes.empty()) json["values"] = ordered_json::array();
  for (const auto& attribute : object.attributes) json["values"].push_back(attribute_json(checkpoint, attribute));
  if (!object.slots.empty()) json["slots"] = ordered_json::array();
  for (const auto& slot : object.slots) {
    json["slots"].push_back({{"slot", slot.name}, {"variable", slot.variable}, {"object", slot.slot_variable}});
  }
  if (!object.saver.empty()) json["saver"] = object.saver;
  return json;
}

// One line for each edge; an object is shown in full where its path leads, elsewhere as "= path".
class Tree {
 public:
  explicit Tree(const ordered_json& objects) : objects_(objects), shown_(objects.size()) {}

  std::string text() {
    line(0, ".", objects_[0]);
    open_children(0, 0);
    while (!open_.empty()) {
      const Edge edge = open_.back();
      open_.pop_back();
      if (is_the_way(edge)) {
        line(edge.depth, edge.name, objects_[edge.object]);
        open_children(edge.object, edge.depth);
      } else {
        text_ += indent(edge.depth) + edge.name + " = " + called(edge.object) + "\n";
      }
    }
    return std::move(text_);
  }

 private:
  struct Edge {
    std::size_t parent, object;
    std::string name;
    int depth;
  };

  static std::string indent(int depth) {
    return std::string(2 * static_cast<std::size_t>(std::min(depth, kDeepest)), ' ');
  }

  // The path leads through this edge; to an object without a path the first edge does.
  bool is_the_way(const Edge& edge) const {
    if (shown_[edge.object]) return false;
    const auto &path = objects_[edge.object]["path"], &parent = objects_[edge.parent]["path"];
    if (path.is_null() || parent.is_null()) return true;
    const std::string name = escape_object_name(edge.name);
    return path == (parent == "" ? name : parent.get<std::string>() + "/" + name);
  }

  std::string called(std::size_t number) const {
    const auto& path = objects_[number]["path"];
    if (path.is_null()) return fmt::format("object {}", number);
    return path == "" ? "." : path.get<std::string>();
  }

  static std::string value_text(const ordered_json& value) {
    std::string text;
    if (value["attribute"] != "VARIABLE_VALUE") text += " " + value["attribute"].get<std::string>();
    if (value.contains("dtype")) text += " " + value["dtype"].get<std::string>() + value["shape"].dump();
    if (value.contains("name")) text += " (" + value["name"].get<std::string>() + ")";
    return text;
  }

  void line(int depth, const std::string& name, const ordered_json& object) {
    text_ += indent(depth) + name;
    if (object.contains("values")) {
      for (const auto& value : object["values"]) text_ += value_text(value);
    }
    if (object.contains("saver")) text_ += " saved by " + object["saver"].get<std::string>();
    text_ += '\n';
    if (!object.contains("slots")) return;
    for (const auto& slot : object["slots"]) slot_line(depth + 1, slot);
  }

  void slot_line(int depth, const ordered_json& slot) {
    text_ += indent(depth) + "slot " + slot["slot"].get<std::string>() + " of " +
             called(slot["variable"].get<std::size_t>());
    const auto& object = objects_[slot["object"].get<std::size_t>()];
    if (object.contains("values")) {
      for (const auto& value : object["values"]) text_ += value_text(value);
    }
    text_ += '\n';
  }

  void open_children(std::size_t number, int depth) {
    shown_[number] = true;
    const ordered_json& object = objects_[number];
    if (!object.contains("children")) return;
    const auto& children = object["children"];
    for (auto child = children.rbegin(); child != children.rend(); ++child) {
      open_.push_back({number, (*child)["object"].get<std::size_t>(), (*child)["name"].get<std::string>(), depth + 1});
    }
  }

  const ordered_json& objects_;
  std::vector<bool> shown_;
  std::vector<Edge> open_;
  std::string text_;
};

}  // namespace

ordered_json list_objects(const std::string& checkpoint_name) {
  const Checkpoint checkpoint(checkpoint_name);
  const ObjectGraph& graph = checkpoint.objects();
  ordered_json objects = ordered_json::array();
  for (std::size_t i = 0; i < graph.objects().size(); ++i) {
    objects.push_back(object_json(checkpoint, graph, static_cast<int>(i)));
  }
  return objects;
}

std::string objects_as_text(const ordered_json& objects) { return Tree(objects).text(); }

}  // namespace tenon
