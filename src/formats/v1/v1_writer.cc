#include "formats/v1/v1_writer.h"

#include <algorithm>
#include <array>
#include <climits>

#include <fmt/format.h>

#include "checkpoint.pb.h"
#include "formats/bundle/bundle_entry.h"
#include "formats/checkpoint/checkpoint_messages.h"
#include "formats/message/message_io.h"
#include "formats/table/table_writer.h"
#include "formats/tensor_proto/tensor_proto.h"
#include "formats/tensor_proto/value_lists.h"
#include "tenon/error.h"

namespace tenon {
namespace {

constexpr std::array kTypes = {DType::Float32,   DType::Float64,    DType::Int32, DType::UInt8, DType::Int16,
                               DType::Int8,      DType::String,     DType::Complex64, DType::Int64, DType::Bool,
                               DType::QInt8,     DType::QUInt8,     DType::QInt32, DType::UInt16, DType::Complex128,
                               DType::Float16};

void check_type(std::string_view name, DType type) {
  if (v1_holds(type)) return;
  const bool unsigned_type =
      type == DType::UInt32 || type == DType::UInt64;  // TensorFlow refuses those by another code
  throw Error(unsigned_type ? Code::InvalidArgument : Code::Unimplemented,
              fmt::format("tensor \"{}\" is of type {}, which a V1 checkpoint cannot hold; write V2",
                          printable_key(name), dtype_name(type)));
}

// Numbers take at most ten bytes each; more than that need not be encoded to be refused.
void check_size(std::string_view name, std::uint64_t bytes) {
  if (bytes <= INT_MAX) return;
  throw Error(
      Code::InvalidArgument,
      fmt::format("tensor \"{}\": Tensor slice is too large to serialize ({} bytes, less than 2 GiB are possible "
                  "in V1); write V2, or the tensor in pieces",
                  printable_key(name), bytes));
}

std::string piece_bytes(const std::string& name, const TensorSlice& slice, const Tensor& values) {
  check_size(name, values.bytes());
  if (values.dtype() == DType::String) {
    std::uint64_t bytes = 0;
    for (const std::string& value : values.flat<std::string>()) bytes += value.size() + 2;
    check_size(name, bytes);
  }
  proto::SavedTensorSlices message;
  proto::SavedSlice* data = message.mutable_data();
  data->set_name(name);
  slice_to_proto(slice, data->mutable_slice());
  value_list_of(values.dtype())->write(values, data->mutable_data());
  check_size(name, message.ByteSizeLong());
  return to_binary(message);
}

}  // namespace

bool v1_holds(DType type) { return std::find(kTypes.begin(), kTypes.end(), type) != kTypes.end(); }

V1Writer::V1Writer(std::string path, AtomicFile::Sync sync) : path_(std::move(path)), sync_(sync) {}

void V1Writer::add(std::string_view name, const Tensor& tensor) {
  add_later(name, tensor.dtype(), {tensor.shape(), TensorSlice::whole(tensor.rank())}, [tensor] { return tensor; });
}

void V1Writer::add_slice(std::string_view name, const ShapeAndSlice& part, const Tensor& piece) {
  check_piece_shape(name, part, piece);
  add_later(name, piece.dtype(), part, [piece] { return piece; });
}

void V1Writer::add_later(std::string_view name, DType type, const ShapeAndSlice& part, std::function<Tensor()> value) {
  check_type(name, type);
  if (name.empty()) throw Error(Code::InvalidArgument, "a tensor of a checkpoint needs a name");
  const std::string key = slice_key(name, part.slice);
  const auto [place, is_new] = tensors_.try_emplace(std::string(name), CheckpointEntry{type, part.full, {}});
  CheckpointEntry& tensor = place->second;
  if (pieces_.contains(key)) {
    throw Error(Code::InvalidArgument, fmt::format("Adding duplicate key: {}", printable_key(name)));
  }
  if (tensor.dtype != type || !(tensor.shape == part.full)) {
    throw Error(Code::InvalidArgument, fmt::format("Adding duplicate key: {}: a piece of {}{} after {}{}",
                                                   printable_key(name), dtype_name(type), part.full.to_string(),
                                                   dtype_name(tensor.dtype), tensor.shape.to_string()));
  }
  tensor.slices.push_back(part.slice);
  pieces_.emplace(key, Piece{std::string(name), part.slice, std::move(value)});
}

std::string V1Writer::list_bytes() const {
  proto::SavedTensorSlices message;
  for (const auto& [name, tensor] : tensors_) {
    proto::SavedSliceMeta* listed = message.mutable_meta()->add_tensor();
    listed->set_name(name);
    shape_to_proto(tensor.shape, listed->mutable_shape());
    listed->set_type(static_cast<proto::DataType>(tensor.dtype));
    for (const TensorSlice& slice : tensor.slices) slice_to_proto(slice, listed->add_slice());
  }
  message.mutable_meta()->mutable_versions()->set_producer(1);
  return to_binary(message);
}

void V1Writer::finish() {
  AtomicFile file(path_, sync_);
  write_to(file);
  file.commit();
}

void V1Writer::write_to(AtomicFile& file) {
  TableWriter table(file);
  table.add("", list_bytes());
  for (const auto& [key, piece] : pieces_) {
    const Tensor values = piece.value();
    const CheckpointEntry& tensor = tensors_.at(piece.name);
    if (values.dtype() != tensor.dtype || !(values.shape() == piece.slice.shape_in(tensor.shape))) {
      throw Error(Code::InvalidArgument, fmt::format("tensor \"{}\": {}{} came instead of the piece {} of {}{}",
                                                     printable_key(piece.name), dtype_name(values.dtype()),
                                                     values.shape().to_string(), piece.slice.to_string(),
                                                     dtype_name(tensor.dtype), tensor.shape.to_string()));
    }
    table.add(key, piece_bytes(piece.name, piece.slice, values));
  }
  table.finish();
}

}  // namespace tenon
