// Reads checkpoints of TensorFlow's V1 format, the one before "tensor bundles".
//
//   V1Reader reader("model.ckpt", {"model.ckpt"});
//   for (const std::string& name : reader.keys()) fmt::print("{} {}\n", name, reader.find(name)->shape.to_string());
//   Tensor kernel = reader.read("conv2d/kernel");
//
// Files: one table (formats/table) without a suffix, or a table for each shard. In each:
//   key ""           SavedTensorSlices.meta: 1 tensor... {1 name, 2 shape, 3 type, 4 slice...} by name, 2 versions
//   slice_key(...)   SavedTensorSlices.data: {1 name, 2 slice, 3 data}; data is a TensorProto with nothing but the list
//                    of values. A tensor that was not partitioned is one piece, with every dimension as a whole.
//
// A reader may be used from many threads, and keeps its files open. Only the blocks that are asked for are read.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "formats/checkpoint/checkpoint_entry.h"
#include "formats/table/table_file.h"
#include "tenon/tensor.h"

namespace tenon {

class V1Reader {
 public:
  // `name` is what messages call the checkpoint. Throws NotFound for a missing file, DataLoss for damaged files or such
  // that do not belong together, InvalidArgument for a newer format.
  V1Reader(std::string name, const std::vector<std::string>& files);

  const std::string& name() const { return name_; }
  const std::vector<std::string>& keys() const { return keys_; }  // sorted by their bytes
  const CheckpointEntry* find(std::string_view name) const;       // null if there is none
  const CheckpointEntry& entry(std::string_view name) const;      // throws NotFound, with the nearest names

  // The whole tensor. Throws NotFound, DataLoss; InvalidArgument if its pieces do not cover it.
  Tensor read(std::string_view name) const;
  // A part of it, however the stored pieces are cut.
  Tensor read(std::string_view name, const ShapeAndSlice& part) const;

  const std::vector<std::unique_ptr<TableFile>>& tables() const { return tables_; }

 private:
  struct Piece {
    TensorSlice slice;
    const TableFile* table;
  };
  struct Stored {
    CheckpointEntry entry;
    std::vector<Piece> pieces;
  };

  void add_table(const TableFile& table);
  const Stored& stored(std::string_view name) const;
  Tensor read_piece(std::string_view name, const Stored& stored, const Piece& piece) const;
  Tensor assemble(std::string_view name, const Stored& stored, const Box& part) const;

  std::string name_;
  std::vector<std::unique_ptr<TableFile>> tables_;
  std::map<std::string, Stored, std::less<>> tensors_;
  std::vector<std::string> keys_;
};

}  // namespace tenon
