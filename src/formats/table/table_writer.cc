#include "formats/table/table_writer.h"

#include <exception>
#include <functional>

#include <fmt/format.h>
#include <leveldb/env.h>
#include <leveldb/options.h>
#include <leveldb/table_builder.h>

#include "tenon/error.h"

namespace tenon {
namespace {

constexpr std::size_t kBlockSize = 262144;

leveldb::Options tensorflow_options() {
  leveldb::Options options;
  options.block_size = kBlockSize;
  options.block_restart_interval = 16;
  options.compression = leveldb::kNoCompression;
  return options;
}

// LevelDB is built without exceptions: one of ours waits here until its functions have returned.
class SinkFile : public leveldb::WritableFile {
 public:
  explicit SinkFile(std::function<void(std::string_view)> sink) : sink_(std::move(sink)) {}

  leveldb::Status Append(const leveldb::Slice& data) override {
    try {
      if (!error) sink_({data.data(), data.size()});
    } catch (...) {
      error = std::current_exception();
    }
    return error ? leveldb::Status::IOError("write") : leveldb::Status::OK();
  }
  leveldb::Status Close() override { return leveldb::Status::OK(); }
  leveldb::Status Flush() override { return leveldb::Status::OK(); }
  leveldb::Status Sync() override { return leveldb::Status::OK(); }

  std::exception_ptr error;

 private:
  std::function<void(std::string_view)> sink_;
};

class Builder {
 public:
  explicit Builder(std::function<void(std::string_view)> sink)
      : file_(std::move(sink)), builder_(tensorflow_options(), &file_) {}
  ~Builder() {
    if (!finished_) builder_.Abandon();
  }

  void add(std::string_view key, std::string_view value) {
    // TensorFlow's builder closes the block before an entry that is large by itself.
    if (builder_.NumEntries() > 0 && key.size() + value.size() >= 2 * kBlockSize) builder_.Flush();
    builder_.Add({key.data(), key.size()}, {value.data(), value.size()});
    check(builder_.status());
  }

  void finish() {
    finished_ = true;
    check(builder_.Finish());
  }

 private:
  void check(const leveldb::Status& status) const {
    if (file_.error) std::rethrow_exception(file_.error);
    if (!status.ok()) throw Error(Code::Internal, fmt::format("cannot make a table: {}", status.ToString()));
  }

  SinkFile file_;
  leveldb::TableBuilder builder_;
  bool finished_ = false;
};

}  // namespace

struct TableWriter::Impl {
  explicit Impl(AtomicFile& file) : builder([&file](std::string_view bytes) { file.write(bytes); }) {}
  Builder builder;
};

TableWriter::TableWriter(AtomicFile& file) : impl_(std::make_unique<Impl>(file)) {}
TableWriter::~TableWriter() = default;
void TableWriter::add(std::string_view key, std::string_view value) { impl_->builder.add(key, value); }
void TableWriter::finish() { impl_->builder.finish(); }

std::string table_bytes(const std::map<std::string, std::string>& entries) {
  std::string bytes;
  Builder builder([&bytes](std::string_view more) { bytes += more; });
  for (const auto& [key, value] : entries) builder.add(key, value);
  builder.finish();
  return bytes;
}

}  // namespace tenon
