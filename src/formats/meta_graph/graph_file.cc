#include "formats/meta_graph/graph_file.h"

#include <algorithm>
#include <atomic>
#include <unordered_set>

#include <fmt/format.h>

#include "base/huge_pages.h"
#include "base/parallel_for.h"
#include "formats/message/message_io.h"
#include "formats/message/wire.h"
#include "formats/message/wire_check.h"
#include "formats/meta_graph/recent_bytes.h"
#include "formats/meta_graph/structure.h"
#include "meta_graph.pb.h"
#include "tenon/error.h"

namespace tenon {
namespace {

constexpr int kGraphDef = proto::MetaGraphDef::kGraphDefFieldNumber;
constexpr int kCollection = proto::MetaGraphDef::kCollectionDefFieldNumber;
constexpr int kNode = proto::GraphDef::kNodeFieldNumber;
constexpr int kName = proto::NodeDef::kNameFieldNumber;
constexpr int kOp = proto::NodeDef::kOpFieldNumber;
constexpr int kAttr = proto::NodeDef::kAttrFieldNumber;

constexpr std::size_t kNodesOfATask = 4096;

// The nodes of a GraphDef; its other fields are appended to `rest`. False if the bytes are no fields.
bool split_graph(std::string_view graph, std::vector<NodeBytes>& nodes, std::string& rest) {
  constexpr std::size_t kBytesOfANode = 64;  // or more, mostly; memory that is not touched costs nothing
  nodes.reserve(nodes.size() + graph.size() / kBytesOfANode);
  prefer_huge_pages(nodes.data() + nodes.size(), (nodes.capacity() - nodes.size()) * sizeof(NodeBytes));
  WireReader reader(graph);
  for (WireField field; reader.next(field);) {
    if (field.number == kNode && field.is_bytes()) nodes.emplace_back(field.bytes);
    else rest += field.whole;
  }
  return !reader.failed();
}

// Neighbours become one: a file may have very many fields.
void add_run(std::vector<std::string_view>& runs, std::string_view next) {
  if (runs.empty() || runs.back().data() + runs.back().size() != next.data()) runs.push_back(next);
  else runs.back() = {runs.back().data(), runs.back().size() + next.size()};
}

}  // namespace

// Finds the parts; false if the bytes are no NodeDef.
bool NodeBytes::read(const MessageCheck& is_node, int levels, RecentBytes& attrs) {
  WireReader reader(all());
  for (WireField field; reader.next(field);) {
    if (!field.is_bytes()) continue;
    const auto is_right = [&] { return is_node.content(field.number, field.bytes, levels); };
    if (!(field.number == kAttr ? attrs.known_or(field.bytes, is_right) : is_right())) return false;
    if (field.number == kName) name_ = part_of(field.bytes);
    if (field.number == kOp) op_ = part_of(field.bytes);
  }
  return !reader.failed();
}

GraphFile::GraphFile(SharedBytes bytes, std::string name)
    : name_(std::move(name)),
      bytes_(std::move(bytes)),
      meta_(std::make_unique<proto::MetaGraphDef>()) {}
GraphFile::GraphFile(GraphFile&&) noexcept = default;
GraphFile& GraphFile::operator=(GraphFile&&) noexcept = default;
GraphFile::~GraphFile() = default;

const proto::GraphDef& GraphFile::graph() const { return meta_->graph_def(); }

// What there is besides the nodes.
struct GraphFile::Rest {
  std::vector<std::string_view> fields;
  std::vector<WireField> collections;
};

const BytesList* GraphFile::find_bytes_list(std::string_view collection) const {
  const auto found = std::find_if(bytes_lists_.begin(), bytes_lists_.end(),
                                  [&](const BytesList& list) { return list.collection == collection; });
  return found == bytes_lists_.end() ? nullptr : &*found;
}

// False if the bytes are no message of this kind.
bool GraphFile::split(ModelFile kind) {
  if (bytes_.view().size() > kMostMessageBytes) return false;
  Rest rest;
  std::string graph_rest;
  bool has_graph = kind == ModelFile::GraphDef;
  if (has_graph) {
    if (!split_graph(bytes_.view(), nodes_, graph_rest)) return false;
  } else {
    WireReader reader(bytes_.view());
    for (WireField field; reader.next(field);) {
      if (field.number == kCollection && field.is_bytes()) {
        rest.collections.push_back(field);
        continue;
      }
      if (field.number != kGraphDef || !field.is_bytes()) {
        add_run(rest.fields, field.whole);
        continue;
      }
      has_graph = true;
      if (!split_graph(field.bytes, nodes_, graph_rest)) return false;
    }
    if (reader.failed()) return false;
  }
  if (has_graph && !merge_binary(graph_rest, *meta_->mutable_graph_def())) return false;
  return read_parts(rest, kMostMessageLevels - (kind == ModelFile::GraphDef ? 1 : 2));
}

// Reads the nodes and the fields beside the graph, by all threads if there are many.
bool GraphFile::read_parts(const Rest& rest, int levels) {
  const MessageCheck is_node(*proto::NodeDef::descriptor());
  std::atomic<bool> all = true, all_named = true;
  const auto read_nodes = [&](std::size_t begin) {
    const std::size_t end = std::min(begin + kNodesOfATask, nodes_.size());
    RecentBytes attrs;
    return std::all_of(nodes_.begin() + begin, nodes_.begin() + end, [&](NodeBytes& node) {
      if (!node.read(is_node, levels, attrs)) return false;
      if (node.name().empty() || node.op().empty()) all_named = false;
      return true;
    });
  };
  const std::size_t tasks = (nodes_.size() + kNodesOfATask - 1) / kNodesOfATask;
  parallel_tasks(1 + tasks, [&](std::size_t task) {
    if (all && !(task == 0 ? read_rest(rest) : read_nodes((task - 1) * kNodesOfATask))) all = false;
  });
  all_named_ = all_named;
  return all;
}

bool GraphFile::read_rest(const Rest& rest) {
  return std::all_of(rest.fields.begin(), rest.fields.end(),
                     [&](std::string_view fields) { return merge_binary(fields, *meta_); }) &&
         read_collections(rest.collections);
}

bool GraphFile::read_collections(const std::vector<WireField>& collections) {
  const auto merge = [&](const WireField& field) { return merge_binary(field.whole, *meta_); };
  std::unordered_set<std::string_view> names;
  bool twice = false;
  for (const WireField& field : collections) {
    BytesList list;
    if (read_bytes_list(field.bytes, list)) {
      twice |= !names.insert(list.collection).second;
      bytes_lists_.push_back(std::move(list));
    } else if (!merge(field)) {
      return false;
    }
  }
  for (const auto& [name, collection] : meta_->collection_def()) twice |= names.contains(name);
  if (twice) {  // the last of a name counts, as in any map
    bytes_lists_.clear();
    meta_->clear_collection_def();
    if (!std::all_of(collections.begin(), collections.end(), merge)) return false;
  }
  add_parsed_lists();
  return true;
}

void GraphFile::add_parsed_lists() {
  for (const auto& [name, collection] : meta_->collection_def()) {
    if (collection.kind_case() != proto::CollectionDef::kBytesList) continue;
    const auto& values = collection.bytes_list().value();
    bytes_lists_.push_back({name, {values.begin(), values.end()}});
  }
}

// Whether the message is one that somebody meant as a file of this kind.
bool GraphFile::is_one(ModelFile kind) const {
  if (!all_named_) return false;
  return kind == ModelFile::MetaGraph ? is_meta_graph(*meta_) : is_graph_def(graph(), !nodes_.empty());
}

GraphFile GraphFile::of(const proto::MetaGraphDef& meta, std::string name) {
  GraphFile file(to_binary(meta), std::move(name));
  if (!file.split(ModelFile::MetaGraph)) file.refuse("MetaGraphDef");
  return file;
}

GraphFile GraphFile::of(const proto::GraphDef& graph, std::string name) {
  GraphFile file(to_binary(graph), std::move(name));
  if (!file.split(ModelFile::GraphDef)) file.refuse("GraphDef");
  return file;
}

void GraphFile::refuse(std::string_view type) const {
  throw Error(Code::InvalidArgument, fmt::format("{}: the {} has texts that are no UTF-8", name_, type));
}

GraphFile parse_graph_file(SharedBytes bytes, const std::string& name, ModelFile kind) {
  GraphFile file(std::move(bytes), name);
  if (file.split(kind) && file.is_one(kind)) return file;
  // Text, or something that is refused with its reason.
  const std::string_view all = file.bytes_.view();
  return kind == ModelFile::GraphDef ? GraphFile::of(*parse_graph_def(all, name), name)
                                     : GraphFile::of(*parse_meta_graph(all, name), name);
}

GraphFile read_graph_file(const std::string& path, ModelFile kind) {
  return parse_graph_file(read_shared(path, kMostMessageBytes), path, kind);
}

}  // namespace tenon
