// Writes checkpoints of TensorFlow's V1 format, with TensorFlow's bytes (v1_reader.h describes them).
//
//   V1Writer writer("model.ckpt");
//   writer.add("a", a);
//   writer.add_slice("w", {Shape{4, 2}, slice}, upper_half);
//   writer.finish();                    // now the file model.ckpt is there
//
// The order of the calls does not matter: the file is sorted. Values are only asked for and encoded while finish()
// writes, one after another, so that add_later() can copy checkpoints larger than the memory. Everything goes to a
// temporary file first; without finish(), or if it fails, nothing is left behind.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/files.h"
#include "formats/bundle/tensor_slice.h"
#include "formats/checkpoint/checkpoint_entry.h"
#include "tenon/tensor.h"

namespace tenon {

// V1 has no bfloat16, no 32- and 64-bit unsigned integers, no 16-bit quantised and no newer types.
bool v1_holds(DType type);

class V1Writer {
 public:
  explicit V1Writer(std::string path, AtomicFile::Sync sync = AtomicFile::Sync::No);

  // Throw InvalidArgument for a piece that was added already or does not fit the others of its tensor, Unimplemented
  // or InvalidArgument for a type that V1 does not hold.
  void add(std::string_view name, const Tensor& tensor);
  void add_slice(std::string_view name, const ShapeAndSlice& part, const Tensor& piece);
  // `value` is called once, by finish(), and must give the piece.
  void add_later(std::string_view name, DType type, const ShapeAndSlice& part, std::function<Tensor()> value);

  // Throw InvalidArgument for a piece that takes 2 GiB or more, and what the values' functions throw.
  void finish();
  void write_to(AtomicFile& file);  // without giving the file its name: one shard of several

 private:
  struct Piece {
    std::string name;
    TensorSlice slice;
    std::function<Tensor()> value;
  };

  std::string list_bytes() const;

  std::string path_;
  AtomicFile::Sync sync_;
  std::map<std::string, CheckpointEntry> tensors_;
  std::map<std::string, Piece> pieces_;  // by slice_key()
};

}  // namespace tenon
