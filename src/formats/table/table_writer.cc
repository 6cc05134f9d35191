#include "formats/table/table_writer.h"

#include <fmt/format.h>
#include <leveldb/env.h>
#include <leveldb/options.h>
#include <leveldb/table_builder.h>

#include "tenon/error.h"

namespace tenon {
namespace {

constexpr std::size_t kBlockSize = 262144;

class StringFile : public leveldb::WritableFile {
 public:
  leveldb::Status Append(const leveldb::Slice& data) override {
    bytes.append(data.data(), data.size());
    return leveldb::Status::OK();
  }
  leveldb::Status Close() override { return leveldb::Status::OK(); }
  leveldb::Status Flush() override { return leveldb::Status::OK(); }
  leveldb::Status Sync() override { return leveldb::Status::OK(); }

  std::string bytes;
};

}  // namespace

std::string table_bytes(const std::map<std::string, std::string>& entries) {
  leveldb::Options options;
  options.block_size = kBlockSize;
  options.block_restart_interval = 16;
  options.compression = leveldb::kNoCompression;
  StringFile file;
  leveldb::TableBuilder builder(options, &file);
  bool first = true;
  for (const auto& [key, value] : entries) {
    // TensorFlow's builder closes the block before an entry that is large by itself.
    if (!first && key.size() + value.size() >= 2 * kBlockSize) builder.Flush();
    builder.Add(key, value);
    first = false;
  }
  const leveldb::Status status = builder.Finish();
  if (!status.ok()) throw Error(Code::Internal, fmt::format("cannot make a table: {}", status.ToString()));
  return std::move(file.bytes);
}

}  // namespace tenon
