#include "oracle/graph_compare.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <google/protobuf/util/message_differencer.h>

#include "graph/export_graph.h"
#include "meta_graph.pb.h"

namespace tenon::testing {
namespace {

template <typename T>
T read(const std::string& fixture) {
  std::ifstream file(std::string(TENON_FIXTURES) + "/" + fixture, std::ios::binary);
  T message;
  if (!file || !message.ParseFromIstream(&file)) throw std::runtime_error("cannot read fixture " + fixture);
  return message;
}

std::string brief(const proto::AttrValue& value) {
  std::string text = value.ShortDebugString();
  return text.size() > 160 ? text.substr(0, 160) + "..." : text;
}

void compare_attrs(const proto::NodeDef& ours, const proto::NodeDef& theirs, std::vector<std::string>& lines) {
  std::set<std::string> names;
  for (const auto& [name, value] : ours.attr()) names.insert(name);
  for (const auto& [name, value] : theirs.attr()) names.insert(name);
  for (const std::string& name : names) {
    const auto a = ours.attr().find(name), b = theirs.attr().find(name);
    if (a == ours.attr().end())
      lines.push_back(fmt::format("{}: attribute {} missing: {}", theirs.name(), name, brief(b->second)));
    else if (b == theirs.attr().end())
      lines.push_back(fmt::format("{}: attribute {} should not be there: {}", theirs.name(), name, brief(a->second)));
    else if (!google::protobuf::util::MessageDifferencer::Equals(a->second, b->second))
      lines.push_back(fmt::format("{}: attribute {} is {}, should be {}", theirs.name(), name, brief(a->second),
                                  brief(b->second)));
  }
}

void compare_nodes(const proto::NodeDef& ours, const proto::NodeDef& theirs, std::vector<std::string>& lines) {
  if (ours.op() != theirs.op())
    lines.push_back(fmt::format("{}: op is {}, should be {}", theirs.name(), ours.op(), theirs.op()));
  if (!std::equal(ours.input().begin(), ours.input().end(), theirs.input().begin(), theirs.input().end()))
    lines.push_back(fmt::format("{}: inputs are [{}], should be [{}]", theirs.name(), fmt::join(ours.input(), ", "),
                                fmt::join(theirs.input(), ", ")));
  if (ours.device() != theirs.device())
    lines.push_back(fmt::format("{}: device is '{}', should be '{}'", theirs.name(), ours.device(), theirs.device()));
  compare_attrs(ours, theirs, lines);
}

}  // namespace

proto::GraphDef read_graph_def(const std::string& fixture) { return read<proto::GraphDef>(fixture); }

proto::GraphDef read_meta_graph(const std::string& fixture) { return read<proto::MetaGraphDef>(fixture).graph_def(); }

proto::GraphDef exported(const Graph& graph) {
  return export_graph_def(graph.impl(), {.add_shapes = true});
}

std::vector<std::string> differences(const proto::GraphDef& ours, const proto::GraphDef& theirs, int count) {
  std::vector<std::string> lines;
  const int wanted = count < 0 ? theirs.node_size() : count;
  for (int i = 0; i < wanted && i < ours.node_size() && lines.size() < 20; ++i) {
    if (ours.node(i).name() != theirs.node(i).name()) {
      lines.push_back(fmt::format("node {} is '{}' ({}), should be '{}' ({})", i, ours.node(i).name(),
                                  ours.node(i).op(), theirs.node(i).name(), theirs.node(i).op()));
      return lines;
    }
    compare_nodes(ours.node(i), theirs.node(i), lines);
  }
  if (count < 0 ? ours.node_size() != wanted : ours.node_size() < wanted)
    lines.push_back(fmt::format("{} nodes, should be {}", ours.node_size(), wanted));
  return lines;
}

}  // namespace tenon::testing
