#include "graph/node.h"

#include <fmt/format.h>

#include "graph.pb.h"

namespace tenon {

Node::Node() : def(std::make_unique<proto::NodeDef>()) {}
Node::~Node() = default;

const std::string& Node::device() const { return def->device(); }

const proto::AttrValue* Node::find_attr(std::string_view attr) const {
  const auto found = def->attr().find(std::string(attr));
  return found == def->attr().end() ? nullptr : &found->second;
}

std::string describe(const Node& node) { return fmt::format("{{{{node {}}}}} ({})", node.name, node.type); }

}  // namespace tenon
