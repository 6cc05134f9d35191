// What an import checks of the file as a whole: versions, functions, names, cycles.
#include <fmt/format.h>
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>

#include "graph.pb.h"
#include "graph/graph_extra.h"
#include "graph/graph_importer.h"
#include "graph/names.h"
#include "tenon/error.h"

namespace tenon {
namespace {

using google::protobuf::util::MessageDifferencer;

// The graph version that this library follows, and the oldest producer it reads.
constexpr int kConsumerVersion = 2474;
constexpr int kMinProducer = 0;

[[noreturn]] void invalid(const std::string& message) { throw Error(Code::InvalidArgument, message); }

}  // namespace

void GraphImporter::check_versions() const {
  const auto& versions = file_.graph().versions();
  if (versions.producer() < kMinProducer) {
    invalid(
        fmt::format("GraphDef producer version {} below min producer {} supported by this version of tenon. Please "
                    "regenerate your graph.",
                    versions.producer(), kMinProducer));
  }
  if (versions.min_consumer() > kConsumerVersion) {
    invalid(
        fmt::format("GraphDef min consumer version {} above current version {}: the graph was made for newer programs. "
                    "Please upgrade tenon.",
                    versions.min_consumer(), kConsumerVersion));
  }
  const auto& bad = versions.bad_consumers();
  if (std::find(bad.begin(), bad.end(), kConsumerVersion) != bad.end()) {
    invalid(fmt::format(
        "GraphDef disallows consumer version {}: the graph's program knows that this version gets it wrong. "
        "Please upgrade tenon.",
        kConsumerVersion));
  }
}

void GraphImporter::check_library() const {
  std::unordered_map<std::string_view, const proto::FunctionDef*> known;
  for (const auto& function : graph_.library().function()) known.emplace(function.signature().name(), &function);
  for (const auto& function : file_.graph().library().function()) {
    const auto [found, added] = known.emplace(function.signature().name(), &function);
    if (!added && !MessageDifferencer::Equals(*found->second, function)) {
      invalid(fmt::format("Cannot add function '{}' because a different function with the same name already exists",
                          function.signature().name()));
    }
  }
}

void GraphImporter::find_file_ops() {
  for (const auto& function : file_.graph().library().function()) {
    file_ops_.emplace(function.signature().name(), &function.signature());
  }
  if (options_.file_ops) {
    for (const auto& op : options_.file_ops->op()) file_ops_.emplace(op.name(), &op);
  }
  hashes_.resize(file_.nodes().size());
}

void GraphImporter::read_name(int position) {
  const NodeBytes& node = file_.nodes()[position];
  if (!valid_op_name(node.name())) fail(position, "Node name contains invalid characters");
  if (node.op().empty()) fail(position, "the node has no op type");
  hashes_[position] = NameTable::hash_of(node.name());
}

void GraphImporter::index_names() {
  positions_.reserve(file_.nodes().size());
  constexpr int kAhead = 16;
  const auto name_of = [this](int position) { return file_.nodes()[position].name(); };
  for (int i = 0; i < size(); ++i) {
    if (i + kAhead < size()) positions_.prefetch(hashes_[i + kAhead]);
    const std::string_view name = file_.nodes()[i].name();
    if (!positions_.insert(hashes_[i], name, i, name_of)) invalid(fmt::format("Node '{}' is not unique", name));
  }
}

// Of the input at sources_[source].
bool GraphImporter::is_back_edge(int position, std::size_t source) const {
  const auto is = [&](int node, std::string_view plain, std::string_view ref) {
    return file_.nodes()[node].op() == plain || file_.nodes()[node].op() == ref;
  };
  const int from = sources_[source].node;
  return from >= 0 && source < pending_[position].controls && is(position, "Merge", "RefMerge") &&
         is(from, "NextIteration", "RefNextIteration");
}

// A Merge that nothing enters but what comes back to it.
bool GraphImporter::is_endless(int position) const {
  const Pending& pending = pending_[position];
  std::size_t at = pending.first;
  while (at < pending.controls && is_back_edge(position, at)) ++at;
  return at == pending.controls && pending.first != pending.controls;
}

// The graph keeps the order of the file, in which a node may stand before its inputs.
void GraphImporter::check_cycles() const {
  bool in_order = true;
  for (int i = 0; i < size() && in_order; ++i) {
    for (std::size_t at = pending_[i].first; at < pending_[i].end; ++at) {
      in_order &= sources_[at].node < i || (is_back_edge(i, at) && !is_endless(i));
    }
  }
  if (in_order) return;
  std::vector<int> waiting(file_.nodes().size(), 0), ready;
  std::vector<std::vector<int>> consumers(waiting.size());
  for (int i = 0; i < size(); ++i) {
    const bool endless = is_endless(i);
    for (std::size_t at = pending_[i].first; at < pending_[i].end; ++at) {
      if (sources_[at].node < 0 || (is_back_edge(i, at) && !endless)) continue;
      ++waiting[i];
      consumers[sources_[at].node].push_back(i);
    }
    if (waiting[i] == 0) ready.push_back(i);
  }
  for (std::size_t done = 0; done < ready.size(); ++done) {
    for (const int consumer : consumers[ready[done]]) {
      if (--waiting[consumer] == 0) ready.push_back(consumer);
    }
  }
  if (ready.size() == waiting.size()) return;
  const auto first = std::find_if(waiting.begin(), waiting.end(), [](int n) { return n > 0; }) - waiting.begin();
  invalid(
      fmt::format("{} nodes in a cycle, among them '{}'", waiting.size() - ready.size(), file_.nodes()[first].name()));
}

}  // namespace tenon
