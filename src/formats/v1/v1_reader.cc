#include "formats/v1/v1_reader.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/nearest_names.h"
#include "checkpoint.pb.h"
#include "formats/bundle/assembly.h"
#include "formats/bundle/bundle_entry.h"
#include "formats/checkpoint/checkpoint_messages.h"
#include "formats/commit/checkpoint_commit.h"
#include "formats/message/message_io.h"
#include "formats/tensor_proto/tensor_proto.h"
#include "formats/tensor_proto/value_lists.h"
#include "formats/v1/v1_writer.h"
#include "tenon/error.h"

namespace tenon {
namespace {

[[noreturn]] void damaged(const std::string& file, std::string_view name, const std::string& why) {
  throw Error(Code::DataLoss, fmt::format("{}: tensor \"{}\": {}", file, printable_key(name), why));
}

proto::SavedTensorSliceMeta read_list(const TableFile& table) {
  const TableFile::Found found = table.find("");
  proto::SavedTensorSlices message;
  if (found.block == nullptr || !parse_binary(found.value, message) || !message.has_meta()) {
    throw Error(Code::DataLoss,
                fmt::format("{}: the list of tensors (empty key) is missing or damaged: this table is no V1 checkpoint",
                            table.path()));
  }
  check_checkpoint_version(message.meta().versions(), table.path());
  return std::move(*message.mutable_meta());
}

// What the list says of one tensor, with its pieces in this file.
CheckpointEntry parse_listed(const proto::SavedSliceMeta& listed, const std::string& file) {
  CheckpointEntry entry;
  entry.dtype = static_cast<DType>(listed.type());
  if (!v1_holds(entry.dtype)) {
    damaged(file, listed.name(), fmt::format("{} is no type of a V1 checkpoint", dtype_name(entry.dtype)));
  }
  try {
    entry.shape = shape_from_proto(listed.shape(), "its shape");
    for (const auto& slice : listed.slice()) {
      entry.slices.push_back(slice_from_proto(slice));
      entry.slices.back().shape_in(entry.shape);
    }
  } catch (const Error& error) {
    damaged(file, listed.name(), error.what());
  }
  return entry;
}

bool is_whole(const TensorSlice& slice) {
  return std::all_of(slice.extents.begin(), slice.extents.end(),
                     [](const Extent& extent) { return extent.length < 0; });
}

}  // namespace

V1Reader::V1Reader(std::string name, const std::vector<std::string>& files) : name_(std::move(name)) {
  for (const std::string& file : files) {
    tables_.push_back(std::make_unique<TableFile>(settled_path(file, files.back())));
    add_table(*tables_.back());
  }
  for (auto& [key, stored] : tensors_) {
    keys_.push_back(key);
    const bool whole = stored.pieces.size() == 1 && is_whole(stored.pieces[0].slice);
    for (const Piece& piece : stored.pieces) {
      if (!whole) stored.entry.slices.push_back(piece.slice);
    }
  }
}

void V1Reader::add_table(const TableFile& table) {
  const proto::SavedTensorSliceMeta list = read_list(table);
  for (const proto::SavedSliceMeta& listed : list.tensor()) {
    CheckpointEntry entry = parse_listed(listed, table.path());
    const auto [place, is_new] = tensors_.try_emplace(listed.name());
    Stored& known = place->second;
    if (is_new) known.entry = {entry.dtype, entry.shape, {}};
    if (known.entry.dtype != entry.dtype || !(known.entry.shape == entry.shape)) {
      damaged(table.path(), listed.name(),
              fmt::format("{}{} here, {}{} in {}; the files do not belong together", dtype_name(entry.dtype),
                          entry.shape.to_string(), dtype_name(known.entry.dtype), known.entry.shape.to_string(),
                          known.pieces.empty() ? table.path() : known.pieces[0].table->path()));
    }
    for (TensorSlice& slice : entry.slices) known.pieces.push_back({std::move(slice), &table});
  }
}

const V1Reader::Stored& V1Reader::stored(std::string_view name) const {
  const auto found = tensors_.find(name);
  if (found != tensors_.end()) return found->second;
  throw Error(Code::NotFound, fmt::format("Tensor name \"{}\" not found in checkpoint files {}{}", printable_key(name),
                                          name_, nearest_phrase(name, keys_)));
}

const CheckpointEntry* V1Reader::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second.entry;
}

const CheckpointEntry& V1Reader::entry(std::string_view name) const { return stored(name).entry; }

Tensor V1Reader::read_piece(std::string_view name, const Stored& stored, const Piece& piece) const {
  const std::string& file = piece.table->path();
  const auto fail = [&](const std::string& why) {
    damaged(file, name, stored.entry.slices.empty() ? why : fmt::format("piece {}: {}", piece.slice.to_string(), why));
  };
  proto::SavedTensorSlices message;
  {
    const TableFile::Found found = piece.table->find(slice_key(name, piece.slice));
    if (found.block == nullptr) fail("it is listed, but its values are missing");
    if (!parse_binary(found.value, message)) fail("its values cannot be parsed");
  }
  const proto::SavedSlice& data = message.data();
  if (data.name() != name || !(slice_from_proto(data.slice()) == piece.slice)) {
    fail(fmt::format("the values under its key are those of \"{}\" {}", printable_key(data.name()),
                     slice_from_proto(data.slice()).to_string()));
  }
  const Shape shape = piece.slice.shape_in(stored.entry.shape);
  const ValueList& list = *value_list_of(stored.entry.dtype);
  if (list.size(data.data()) != shape.elements()) {
    fail(fmt::format("{} {} values, {} of shape {} expected", list.size(data.data()), dtype_name(stored.entry.dtype),
                     shape.elements(), shape.to_string()));
  }
  Tensor tensor(stored.entry.dtype, shape);
  list.read(data.data(), shape.elements(), tensor);
  return tensor;
}

Tensor V1Reader::assemble(std::string_view name, const Stored& stored, const Box& part) const {
  // A shape is only a claim; each value takes at least one byte of some file.
  std::uint64_t bytes = 0;
  for (const auto& table : tables_) bytes += table->size();
  if (static_cast<std::uint64_t>(part.elements()) > bytes) {
    damaged(name_, name, fmt::format("{}{} does not fit into files of {} bytes", dtype_name(stored.entry.dtype),
                                     stored.entry.shape.to_string(), bytes));
  }
  Assembly result(stored.entry.dtype, part);
  for (const Piece& piece : stored.pieces) {
    const Box where = box_of(piece.slice, stored.entry.shape);
    if (result.wants(where)) result.add(read_piece(name, stored, piece), where);
  }
  if (!result.complete()) {
    throw Error(Code::InvalidArgument,
                fmt::format("{}: Does not have sufficient slices for partitioned tensor {} to restore: {} pieces of {} "
                            "do not cover the part asked for",
                            name_, printable_key(name), stored.pieces.size(), stored.entry.shape.to_string()));
  }
  return result.tensor();
}

Tensor V1Reader::read(std::string_view name) const {
  const Stored& found = stored(name);
  if (found.pieces.size() == 1 && found.pieces[0].slice.covers(found.entry.shape)) {
    return read_piece(name, found, found.pieces[0]);
  }
  return assemble(name, found, box_of(TensorSlice::whole(found.entry.shape.rank()), found.entry.shape));
}

Tensor V1Reader::read(std::string_view name, const ShapeAndSlice& part) const {
  const Stored& found = stored(name);
  if (!(found.entry.shape == part.full)) {
    throw Error(
        Code::InvalidArgument,
        fmt::format("{}: tensor_name = {}: Shape in shape_and_slice spec {} does not match the shape in the save "
                    "file: {}",
                    name_, printable_key(name), part.full.to_string(), found.entry.shape.to_string()));
  }
  for (const Piece& piece : found.pieces) {
    if (piece.slice == part.slice) return read_piece(name, found, piece);
  }
  return part.slice.covers(part.full) ? read(name) : assemble(name, found, box_of(part.slice, part.full));
}

}  // namespace tenon
