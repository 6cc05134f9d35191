#include <algorithm>
#include <deque>

#include <fmt/format.h>

#include "base/nearest_names.h"
#include "formats/object_graph/object_paths.h"
#include "tenon/object_checkpoint.h"

namespace tenon {
namespace {

constexpr int kDeepestSuggestion = 64;

void check_number(int number, std::size_t count, int object, const char* what) {
  if (number >= 0 && static_cast<std::size_t>(number) < count) return;
  throw Error(Code::InvalidArgument,
              fmt::format("object {}: {} is object {}, but there are {} objects", object, what, number, count));
}

void check_numbers(const std::vector<ObjectGraph::Object>& objects) {
  if (objects.empty())
    throw Error(Code::InvalidArgument, "an object graph without objects; at least the root is needed");
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const int number = static_cast<int>(i);
    for (const auto& child : objects[i].children) check_number(child.object, objects.size(), number, "a child");
    for (const auto& slot : objects[i].slots) {
      check_number(slot.variable, objects.size(), number, "the variable of a slot");
      check_number(slot.slot_variable, objects.size(), number, "a slot variable");
    }
  }
}

}  // namespace

ObjectGraph::ObjectGraph(std::vector<Object> objects) : objects_(std::move(objects)) {
  check_numbers(objects_);
  find_ways();
  for (const Object& object : objects_) {
    for (const Attribute& attribute : object.attributes) {
      std::vector<std::string>& keys = full_names_[attribute.full_name];
      if (std::find(keys.begin(), keys.end(), attribute.key) == keys.end()) keys.push_back(attribute.key);
    }
  }
}

// Breadth first, so that the first way to an object is a shortest one; slot variables are children of nobody.
void ObjectGraph::find_ways() {
  ways_.assign(objects_.size(), {});
  std::deque<int> open = {0};
  std::vector<int> optimizers;
  while (!open.empty()) {
    const int at = open.front();
    open.pop_front();
    const auto& object = objects_[static_cast<std::size_t>(at)];
    if (!object.slots.empty()) optimizers.push_back(at);
    for (std::size_t i = 0; i < object.children.size(); ++i) {
      const int child = object.children[i].object;
      Way& way = ways_[static_cast<std::size_t>(child)];
      if (child == 0 || way.from >= 0) continue;
      way = {at, -1, static_cast<int>(i), ways_[static_cast<std::size_t>(at)].depth + 1};
      open.push_back(child);
    }
  }
  for (const int optimizer : optimizers) {
    const auto& slots = objects_[static_cast<std::size_t>(optimizer)].slots;
    for (std::size_t i = 0; i < slots.size(); ++i) {
      Way& way = ways_[static_cast<std::size_t>(slots[i].slot_variable)];
      const Way& variable = ways_[static_cast<std::size_t>(slots[i].variable)];
      const bool variable_reached = slots[i].variable == 0 || (variable.from >= 0 && variable.optimizer < 0);
      if (slots[i].slot_variable == 0 || way.from >= 0 || !variable_reached) continue;
      const int depth = variable.depth + ways_[static_cast<std::size_t>(optimizer)].depth + 2;
      way = {slots[i].variable, optimizer, static_cast<int>(i), depth};
    }
  }
}

std::optional<std::string> ObjectGraph::path(int object) const {
  if (object < 0 || static_cast<std::size_t>(object) >= objects_.size()) return std::nullopt;
  const Way& way = ways_[static_cast<std::size_t>(object)];
  if (object == 0) return "";
  if (way.from < 0) return std::nullopt;
  if (way.optimizer >= 0) {
    const Slot& slot = objects_[static_cast<std::size_t>(way.optimizer)].slots[static_cast<std::size_t>(way.edge)];
    return slot_path(path(way.from).value_or(""), path(way.optimizer).value_or(""), slot.name);
  }
  std::vector<std::string> names;
  for (int at = object; at != 0;) {
    const Way& step = ways_[static_cast<std::size_t>(at)];
    names.push_back(escape_object_name(
        objects_[static_cast<std::size_t>(step.from)].children[static_cast<std::size_t>(step.edge)].name));
    at = step.from;
  }
  std::reverse(names.begin(), names.end());
  return fmt::format("{}", fmt::join(names, "/"));
}

int ObjectGraph::depth(int object) const {
  return object < 0 || static_cast<std::size_t>(object) >= ways_.size() ? 0
                                                                        : ways_[static_cast<std::size_t>(object)].depth;
}

int ObjectGraph::child(int object, std::string_view name) const {
  for (const Child& child : objects_[static_cast<std::size_t>(object)].children) {
    if (child.name == name) return child.object;
  }
  return -1;
}

// -1: none
int ObjectGraph::number(std::string_view path) const {
  if (objects_.empty()) return -1;
  if (const auto slot = split_path(path, kOptimizerSlot)) {
    const std::size_t last = slot->after.rfind('/');
    const int variable = number(slot->before);
    const int optimizer = number(last == std::string_view::npos ? "" : slot->after.substr(0, last));
    const auto name = object_path_names(slot->after.substr(last == std::string_view::npos ? 0 : last + 1));
    if (variable < 0 || optimizer < 0 || !name || name->size() != 1) return -1;
    for (const Slot& known : objects_[static_cast<std::size_t>(optimizer)].slots) {
      if (known.variable == variable && known.name == name->front()) return known.slot_variable;
    }
    return -1;
  }
  const auto names = object_path_names(path);
  if (!names) return -1;
  int at = 0;
  for (const std::string& name : *names) {
    if ((at = child(at, name)) < 0) return -1;
  }
  return at;
}

const ObjectGraph::Object* ObjectGraph::find(std::string_view path) const {
  const int found = number(path);
  return found < 0 ? nullptr : &objects_[static_cast<std::size_t>(found)];
}

std::string ObjectGraph::nearest(std::string_view path) const {
  std::vector<std::string> known;
  for (std::size_t i = 0; i < objects_.size(); ++i) {
    const int number = static_cast<int>(i);
    if (!objects_[i].attributes.empty() && depth(number) <= kDeepestSuggestion) {
      known.push_back(this->path(number).value_or(""));
    }
  }
  return nearest_phrase(path, known);
}

const std::string& ObjectGraph::key(std::string_view path) const {
  const auto split = split_path(path, kAttributes);
  const std::string_view object_path = split ? split->before : path;
  const Object* object = find(object_path);
  if (object == nullptr) {
    throw Error(Code::NotFound,
                fmt::format("there is no object \"{}\" in the checkpoint{}", object_path, nearest(object_path)));
  }
  if (!split && object->attributes.size() == 1) return object->attributes.front().key;
  const std::string_view wanted = split ? split->after : kVariableValue;
  std::vector<std::string> names;
  for (const Attribute& attribute : object->attributes) {
    if (escape_object_name(attribute.name) == wanted || attribute.name == wanted) return attribute.key;
    names.push_back(attribute.name);
  }
  if (!names.empty()) {
    throw Error(Code::NotFound, fmt::format("the object \"{}\" has no attribute {}; it has {}", object_path, wanted,
                                            fmt::join(names, ", ")));
  }
  throw Error(Code::NotFound,
              fmt::format("the object \"{}\" has no value of its own{}", object_path, nearest(object_path)));
}

}  // namespace tenon
