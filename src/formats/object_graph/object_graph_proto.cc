#include "formats/object_graph/object_graph_proto.h"

#include <fmt/format.h>

#include "formats/message/message_io.h"
#include "object_graph.pb.h"

namespace tenon {
namespace {

using ObjectProto = proto::TrackableObjectGraph::TrackableObject;

ObjectGraph::Object object_from_proto(const ObjectProto& proto) {
  ObjectGraph::Object object;
  for (const auto& child : proto.children()) object.children.push_back({child.local_name(), child.node_id()});
  for (const auto& attribute : proto.attributes()) {
    object.attributes.push_back({attribute.name(), attribute.full_name(), attribute.checkpoint_key()});
  }
  for (const auto& slot : proto.slot_variables()) {
    object.slots.push_back({slot.slot_name(), slot.original_variable_node_id(), slot.slot_variable_node_id()});
  }
  object.saver = proto.registered_saver().name();
  object.saver_name = proto.registered_saver().object_name();
  if (proto.has_has_checkpoint_values()) object.has_values = proto.has_checkpoint_values().value();
  return object;
}

void object_to_proto(const ObjectGraph::Object& object, ObjectProto* proto) {
  for (const auto& child : object.children) {
    auto* out = proto->add_children();
    out->set_node_id(child.object);
    out->set_local_name(child.name);
  }
  for (const auto& attribute : object.attributes) {
    auto* out = proto->add_attributes();
    out->set_name(attribute.name);
    out->set_full_name(attribute.full_name);
    out->set_checkpoint_key(attribute.key);
  }
  for (const auto& slot : object.slots) {
    auto* out = proto->add_slot_variables();
    out->set_slot_name(slot.name);
    out->set_original_variable_node_id(slot.variable);
    out->set_slot_variable_node_id(slot.slot_variable);
  }
  if (!object.saver.empty()) {
    proto->mutable_registered_saver()->set_name(object.saver);
    proto->mutable_registered_saver()->set_object_name(object.saver_name);
  }
  if (object.has_values) proto->mutable_has_checkpoint_values()->set_value(*object.has_values);
}

}  // namespace

ObjectGraph parse_object_graph(std::string_view bytes, const std::string& file) {
  proto::TrackableObjectGraph proto;
  if (!parse_binary(bytes, proto)) {
    throw Error(Code::DataLoss, fmt::format("{}: tensor \"{}\": the description of the objects cannot be parsed", file,
                                            kObjectGraphKey));
  }
  std::vector<ObjectGraph::Object> objects;
  objects.reserve(static_cast<std::size_t>(proto.nodes_size()));
  for (const ObjectProto& node : proto.nodes()) objects.push_back(object_from_proto(node));
  try {
    return ObjectGraph(std::move(objects));
  } catch (const Error& error) {
    throw Error(Code::DataLoss, fmt::format("{}: tensor \"{}\": {}", file, kObjectGraphKey, error.what()));
  }
}

std::string object_graph_bytes(const std::vector<ObjectGraph::Object>& objects) {
  proto::TrackableObjectGraph proto;
  for (const auto& object : objects) object_to_proto(object, proto.add_nodes());
  return to_binary(proto);
}

}  // namespace tenon
