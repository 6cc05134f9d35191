#include "formats/bundle/bundle_writer.h"

#include <filesystem>

#include <fmt/format.h>

#include "formats/bundle/bundle_variants.h"
#include "formats/table/table_writer.h"

namespace tenon {
namespace {

std::string with_directory(std::string prefix, const BundleWriterOptions& options) {
  const std::filesystem::path directory = std::filesystem::path(prefix).parent_path();
  std::error_code ignored;  // creating the file says what is wrong
  if (!directory.empty() && options.num_shards == 1) std::filesystem::create_directory(directory, ignored);
  return prefix;
}

}  // namespace

BundleWriter::BundleWriter(std::string prefix, BundleWriterOptions options)
    : prefix_(with_directory(std::move(prefix), options)), options_(options), commit_(prefix_, options.sync) {
  open_shard();
}

void BundleWriter::open_shard() {
  data_.emplace(commit_.create(data_path(prefix_, shard_, options_.num_shards)), options_.most_waiting,
                options_.progress);
}

void BundleWriter::next_shard() {
  data_->flush();
  ++shard_;
  open_shard();
}

void BundleWriter::store(const std::string& key, const Tensor& tensor) {
  // Names mostly come sorted, and then there is nothing to search.
  const bool last = entries_.empty() || entries_.rbegin()->first < key;
  const auto place = last ? entries_.end() : entries_.lower_bound(key);
  if (!last && place != entries_.end() && place->first == key) {
    throw Error(Code::InvalidArgument, fmt::format("Adding duplicate key: {}", printable_key(key)));
  }
  if (tensor.dtype() == DType::Variant) check_variants(tensor, fmt::format("tensor \"{}\"", printable_key(key)));
  if (dtype_size(tensor.dtype()) == 0 && tensor.dtype() != DType::String && tensor.dtype() != DType::Variant) {
    throw Error(Code::Unimplemented, fmt::format("tensor \"{}\" is of type {}, which cannot be saved in a checkpoint",
                                                 printable_key(key), dtype_name(tensor.dtype())));
  }
  BundleEntry& entry = entries_.try_emplace(place, key)->second;
  entry.dtype = tensor.dtype();
  entry.shape = tensor.shape();
  entry.shard = shard_;
  data_->add(tensor, entry);
}

void BundleWriter::add(std::string_view name, const Tensor& tensor) {
  if (name.empty()) throw Error(Code::InvalidArgument, "a tensor of a checkpoint needs a name");
  store(std::string(name), tensor);
}

void BundleWriter::add_slice(std::string_view name, const ShapeAndSlice& part, const Tensor& piece) {
  if (part.slice.covers(part.full)) return add(name, piece);
  check_piece_shape(name, part, piece);
  if (name.empty()) throw Error(Code::InvalidArgument, "a tensor of a checkpoint needs a name");
  const auto found = entries_.find(std::string(name));
  if (found != entries_.end() && (found->second.slices.empty() || found->second.dtype != piece.dtype() ||
                                  !(found->second.shape == part.full))) {
    throw Error(Code::InvalidArgument,
                fmt::format("Adding duplicate key: {}: a piece of {}{} after {}{}", printable_key(name),
                            dtype_name(piece.dtype()), part.full.to_string(), dtype_name(found->second.dtype),
                            found->second.shape.to_string()));
  }
  store(slice_key(name, part.slice), piece);
  const auto [place, is_new] = entries_.try_emplace(std::string(name));
  BundleEntry& whole = place->second;
  if (is_new) whole.shard = shard_;  // says nothing, but TensorFlow writes it
  whole.dtype = piece.dtype();
  whole.shape = part.full;
  whole.slices.push_back(part.slice);
}

void BundleWriter::finish() {
  data_->flush();
  BundleHeader header;
  header.num_shards = options_.num_shards;
  TableWriter table(commit_.create(index_path(prefix_)));
  table.add("", bundle_header_bytes(header));
  for (const auto& [key, entry] : entries_) table.add(key, bundle_entry_bytes(entry));
  table.finish();
  commit_.commit();
}

}  // namespace tenon
