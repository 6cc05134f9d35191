// An object-based checkpoint written again, built from the paths and values of another alone.
#pragma once

#include <stdexcept>
#include <string>

#include "tenon/checkpoint.h"
#include "tenon/object_checkpoint.h"

namespace tenon {

inline void copy_values(const Checkpoint& source, const ObjectGraph::Object& object, const std::string& path,
                        ObjectCheckpointWriter& writer) {
  for (const auto& attribute : object.attributes) {
    if (attribute.name == "table") {
      writer.add_table(path, source.read(attribute.key + "-keys"), source.read(attribute.key + "-values"));
    } else {
      writer.add(path, source.read(attribute.key), attribute.full_name, attribute.name);
    }
  }
}

inline void copy_objects(const Checkpoint& source, const std::string& prefix) {
  ObjectCheckpointWriter writer(prefix);
  const ObjectGraph& graph = source.objects();
  const auto path_of = [&](int object) {
    const auto path = graph.path(object);
    if (!path) throw std::runtime_error("an object that the root does not reach");
    return *path;
  };
  const int count = static_cast<int>(graph.objects().size());
  for (int i = 0; i < count; ++i) {
    const ObjectGraph::Object& object = graph.objects()[static_cast<std::size_t>(i)];
    const std::string path = path_of(i);
    for (const auto& child : object.children) {
      const std::string below = (path.empty() ? "" : path + "/") + escape_object_name(child.name);
      if (path_of(child.object) == below) writer.add_object(below);
      else writer.add_alias(below, path_of(child.object));
    }
    if (path.find("/.OPTIMIZER_SLOT/") == std::string::npos) copy_values(source, object, path, writer);
  }
  for (int i = 0; i < count; ++i) {
    for (const auto& slot : graph.objects()[static_cast<std::size_t>(i)].slots) {
      const auto& attribute = graph.objects()[static_cast<std::size_t>(slot.slot_variable)].attributes.front();
      writer.add_slot(path_of(i), slot.name, path_of(slot.variable), source.read(attribute.key), attribute.full_name);
    }
  }
  writer.finish();
}

}  // namespace tenon
