// Writes checkpoints of TensorFlow's V2 format, with TensorFlow's bytes (bundle_reader.h describes them).
//
//   BundleWriter writer("model.ckpt");
//   writer.add("a", a);
//   writer.add("b", b);
//   writer.finish();                 // now model.ckpt.index and model.ckpt.data-00000-of-00001 are there
//
// The data lies in the order of the calls, the index is sorted. Everything goes to temporary files beside the final
// ones; finish() renames the data, then the index: whoever sees the index sees all of it. Without finish(), or if it
// fails, no file of this writer is left, and an older checkpoint of that name stays as it was.
// One missing directory at the end of the path is made, as by TensorFlow.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "formats/bundle/bundle_entry.h"
#include "tenon/tensor.h"

namespace tenon {

class BundleWriter {
 public:
  explicit BundleWriter(std::string prefix, AtomicFile::Sync sync = AtomicFile::Sync::No);

  // Throws InvalidArgument for a name that was added already or is empty, Unimplemented for resource and variant
  // tensors; the file errors of base/files.h.
  void add(std::string_view name, const Tensor& tensor);
  // A piece of a partitioned tensor. One that is the whole of it is stored as an ordinary tensor.
  void add_slice(std::string_view name, const ShapeAndSlice& part, const Tensor& piece);
  void finish();

 private:
  void store(const std::string& key, const Tensor& tensor);

  std::string prefix_;
  AtomicFile::Sync sync_;
  AtomicFile data_;
  std::map<std::string, BundleEntry> entries_;
};

// Makes one checkpoint out of several (the parts that a sharded Saver writes): data files are renamed, not copied;
// the merged index is written last; then the parts' indexes are removed, and their directory if it is empty then.
// Throws InvalidArgument for a tensor that is whole in two parts or parts that do not fit together.
void merge_bundles(const std::vector<std::string>& prefixes, const std::string& merged,
                   bool allow_missing_files = false, bool delete_old_directory = true,
                   AtomicFile::Sync sync = AtomicFile::Sync::No);

}  // namespace tenon
