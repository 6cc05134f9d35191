#include "formats/bundle/bundle_writer.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "base/crc32c.h"
#include "formats/bundle/bundle_strings.h"
#include "formats/table/table_writer.h"

namespace tenon {
namespace {

constexpr std::size_t kChunk = 1 << 20;  // checksummed and written while in the processor's cache

std::string with_directory(std::string prefix) {
  const std::filesystem::path directory = std::filesystem::path(prefix).parent_path();
  std::error_code ignored;  // creating the file says what is wrong
  if (!directory.empty()) std::filesystem::create_directory(directory, ignored);
  return prefix;
}

void write_numbers(const Tensor& tensor, AtomicFile& file, BundleEntry& entry) {
  const std::string_view bytes(reinterpret_cast<const char*>(tensor.raw()), tensor.bytes());
  std::uint32_t crc = 0;
  for (std::size_t at = 0; at < bytes.size(); at += kChunk) {
    const std::string_view chunk = bytes.substr(at, kChunk);
    crc = crc32c_extend(crc, chunk);
    file.write(chunk);
  }
  entry.size = bytes.size();
  entry.crc = crc32c_mask(crc);
}

void write_strings(const Tensor& tensor, AtomicFile& file, BundleEntry& entry) {
  const EncodedStrings strings = encode_strings(tensor);
  file.write(strings.head);
  for (const std::string& value : tensor.flat<std::string>()) file.write(value);
  entry.size = strings.size;
  entry.crc = crc32c_mask(strings.crc);
}

}  // namespace

BundleWriter::BundleWriter(std::string prefix, AtomicFile::Sync sync)
    : prefix_(with_directory(std::move(prefix))), sync_(sync), data_(data_path(prefix_, 0, 1), sync) {}

void BundleWriter::store(const std::string& key, const Tensor& tensor) {
  if (entries_.contains(key)) {
    throw Error(Code::InvalidArgument, fmt::format("Adding duplicate key: {}", printable_key(key)));
  }
  if (tensor.dtype() != DType::String && dtype_size(tensor.dtype()) == 0) {
    throw Error(Code::Unimplemented, fmt::format("tensor \"{}\" is of type {}, which cannot be saved in a checkpoint",
                                                 printable_key(key), dtype_name(tensor.dtype())));
  }
  BundleEntry entry;
  entry.dtype = tensor.dtype();
  entry.shape = tensor.shape();
  entry.offset = data_.written();
  if (tensor.dtype() == DType::String) {
    write_strings(tensor, data_, entry);
  } else {
    write_numbers(tensor, data_, entry);
  }
  entries_.emplace(key, std::move(entry));
}

void BundleWriter::add(std::string_view name, const Tensor& tensor) {
  if (name.empty()) throw Error(Code::InvalidArgument, "a tensor of a checkpoint needs a name");
  store(std::string(name), tensor);
}

void BundleWriter::add_slice(std::string_view name, const ShapeAndSlice& part, const Tensor& piece) {
  if (part.slice.covers(part.full)) return add(name, piece);
  if (!(piece.shape() == part.slice.shape_in(part.full))) {
    throw Error(Code::InvalidArgument,
                fmt::format("Slice in shape_and_slice specification does not match the shape of the tensor to save: {} "
                            "of {}, tensor: {}",
                            part.slice.to_string(), part.full.to_string(), piece.shape().to_string()));
  }
  if (name.empty()) throw Error(Code::InvalidArgument, "a tensor of a checkpoint needs a name");
  const auto found = entries_.find(std::string(name));
  if (found != entries_.end() && (found->second.slices.empty() || found->second.dtype != piece.dtype() ||
                                  !(found->second.shape == part.full))) {
    throw Error(Code::InvalidArgument, fmt::format("Adding duplicate key: {}: a piece of {}{} after {}{}",
                                                   printable_key(name), dtype_name(piece.dtype()), part.full.to_string(),
                                                   dtype_name(found->second.dtype), found->second.shape.to_string()));
  }
  store(slice_key(name, part.slice), piece);
  BundleEntry& whole = entries_[std::string(name)];
  whole.dtype = piece.dtype();
  whole.shape = part.full;
  whole.slices.push_back(part.slice);
}

void BundleWriter::finish() {
  std::map<std::string, std::string> table = {{"", bundle_header_bytes({})}};
  for (const auto& [key, entry] : entries_) table.emplace(key, bundle_entry_bytes(entry));
  AtomicFile index(index_path(prefix_), sync_);
  index.write(table_bytes(table));
  // Both are complete before either gets its name.
  index.flush();
  data_.commit();
  index.commit();
}

}  // namespace tenon
