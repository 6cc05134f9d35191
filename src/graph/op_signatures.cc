#include "graph/op_signatures.h"

#include <fmt/format.h>
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "graph.pb.h"
#include "graph/op_defs_data.h"
#include "tenon/error.h"

namespace tenon {
namespace {

// Reads one varint; the embedded bytes are our own, but a short read still ends the scan.
bool read_varint(std::string_view& bytes, std::uint64_t& value) {
  value = 0;
  for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

// Takes a field number 1 of wire type 2 from the front.
bool read_field1(std::string_view& bytes, std::string_view& content) {
  if (bytes.empty() || bytes.front() != 0x0a) return false;
  bytes.remove_prefix(1);
  std::uint64_t length = 0;
  if (!read_varint(bytes, length) || length > bytes.size()) return false;
  content = bytes.substr(0, length);
  bytes.remove_prefix(length);
  return true;
}

class OpLibrary {
 public:
  static OpLibrary& instance() {
    static OpLibrary library;
    return library;
  }

  const proto::OpDef* find(std::string_view name) {
    std::lock_guard lock(mutex_);
    const auto found = entries_.find(name);
    return found == entries_.end() ? nullptr : parsed(found->second);
  }

  void add(const proto::OpDef& op) {
    if (op.name().empty()) throw Error(Code::InvalidArgument, "an op signature needs a name");
    std::lock_guard lock(mutex_);
    if (const auto found = entries_.find(op.name()); found != entries_.end()) {
      if (google::protobuf::util::MessageDifferencer::Equals(*parsed(found->second), op)) return;
      throw Error(Code::AlreadyExists,
                  fmt::format("op {} is already registered with another signature; choose another name", op.name()));
    }
    auto copy = std::make_unique<proto::OpDef>(op);
    const std::string_view key = copy->name();
    entries_[key].op = std::move(copy);
  }

  std::vector<std::string> names() {
    std::lock_guard lock(mutex_);
    std::vector<std::string> result;
    for (const auto& [name, entry] : entries_) result.emplace_back(name);
    std::sort(result.begin(), result.end());
    return result;
  }

 private:
  struct Entry {
    std::string_view bytes;  // empty once parsed
    std::unique_ptr<proto::OpDef> op;
  };

  // Only the names are read here: parsing 1,910 signatures would cost every program some milliseconds.
  OpLibrary() {
    entries_.reserve(2048);
    std::string_view rest = embedded_op_defs(), op, name;
    while (read_field1(rest, op)) {
      std::string_view inside = op;
      if (read_field1(inside, name)) entries_[name].bytes = op;
    }
  }

  static const proto::OpDef* parsed(Entry& entry) {
    if (!entry.op) {
      auto op = std::make_unique<proto::OpDef>();
      if (!op->ParseFromArray(entry.bytes.data(), static_cast<int>(entry.bytes.size()))) {
        throw Error(Code::Internal, "the embedded op definitions cannot be parsed");
      }
      entry.op = std::move(op);
    }
    return entry.op.get();
  }

  std::mutex mutex_;
  std::unordered_map<std::string_view, Entry> entries_;  // keys live in the embedded bytes or in the entry's op
};

}  // namespace

const proto::OpDef* find_op_def(std::string_view name) { return OpLibrary::instance().find(name); }

void register_op_def(const proto::OpDef& op) { OpLibrary::instance().add(op); }

std::vector<std::string> op_names() { return OpLibrary::instance().names(); }

}  // namespace tenon
