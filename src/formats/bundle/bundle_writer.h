// Writes checkpoints of TensorFlow's V2 format, with TensorFlow's bytes (bundle_reader.h describes them).
//
//   BundleWriter writer("model.ckpt");
//   writer.add("a", a);
//   writer.add("b", b);
//   writer.finish();                 // now model.ckpt.index and model.ckpt.data-00000-of-00001 are there
//
// The data lies in the order of the calls, the index is sorted. Numbers are written by several threads; their tensors
// must not change before finish(). Everything goes to temporary files beside the final ones; finish() gives all of them
// their names (formats/commit): whoever sees the index sees all of it. Without finish(), or if it fails, no file of
// this writer is left, and an older checkpoint of that name stays as it was.
// One missing directory at the end of the path is made, as by TensorFlow, unless there are several shards.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/bundle/bundle_entry.h"
#include "formats/bundle/data_writer.h"
#include "formats/commit/checkpoint_commit.h"
#include "tenon/tensor.h"

namespace tenon {

struct BundleWriterOptions {
  AtomicFile::Sync sync = AtomicFile::Sync::No;
  int num_shards = 1;
  ProgressMeter* progress = nullptr;  // told the bytes written
  std::uint64_t most_waiting = 64 << 20;  // bytes of tensors kept until they are written; kNoLimit: till the end
};

class BundleWriter {
 public:
  explicit BundleWriter(std::string prefix, BundleWriterOptions options = {});

  // Throws InvalidArgument for a name that was added already or is empty; Unimplemented for resources, and for variants
  // that did not come from a file; the file errors of base/files.h.
  void add(std::string_view name, const Tensor& tensor);
  // A piece of a partitioned tensor. One that is the whole of it is stored as an ordinary tensor.
  void add_slice(std::string_view name, const ShapeAndSlice& part, const Tensor& piece);
  // What is added from now on goes to the next data file. REQUIRES: there are that many shards.
  void next_shard();
  void finish();

 private:
  void store(const std::string& key, const Tensor& tensor);
  void open_shard();

  std::string prefix_;
  BundleWriterOptions options_;
  CheckpointCommit commit_;
  int shard_ = 0;
  std::optional<DataWriter> data_;
  std::map<std::string, BundleEntry> entries_;
};

// Makes one checkpoint out of several (the parts that the nodes of a sharded Saver write): data files are renamed, not
// copied, together with the merged index; then the parts' indexes are removed, and their directory if it is empty then.
// Throws InvalidArgument for a tensor that is whole in two parts or parts that do not fit together.
void merge_bundles(const std::vector<std::string>& prefixes, const std::string& merged,
                   bool allow_missing_files = false, bool delete_old_directory = true,
                   AtomicFile::Sync sync = AtomicFile::Sync::No);

}  // namespace tenon
