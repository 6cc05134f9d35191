#include "formats/bundle/bundle_reader.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/crc32c.h"
#include "base/nearest_names.h"
#include "formats/bundle/bundle_strings.h"
#include "formats/bundle/bundle_variants.h"
#include "formats/commit/checkpoint_commit.h"
#include "formats/message/bool_bytes.h"

namespace tenon {
namespace {

constexpr std::uint64_t kChunk = 1 << 20;  // read and checked while still in the processor's cache
constexpr int kAttempts = 20;              // while others overwrite the checkpoint
constexpr int kMostShards = 100'000;       // the file names have five digits

constexpr std::string_view kLfsPointer = "version https://git-lfs.github.com/spec/";

void refuse_lfs_pointer(std::string_view start, const std::string& path) {
  if (!start.starts_with(kLfsPointer)) return;
  throw Error(Code::DataLoss,
              fmt::format("{}: a Git LFS pointer, not the file itself; fetch it with \"git lfs pull\"", path));
}

// What may have been meant when PREFIX.index does not exist.
std::string prefix_hint(const std::string& prefix) {
  for (std::string_view ending : {".index", ".meta"}) {
    if (prefix.ends_with(ending) && file_exists(index_path(prefix.substr(0, prefix.size() - ending.size())))) {
      return fmt::format("; a checkpoint is named by its prefix: \"{}\"",
                         prefix.substr(0, prefix.size() - ending.size()));
    }
  }
  const std::size_t data = prefix.rfind(".data-");
  if (data != std::string::npos && file_exists(index_path(prefix.substr(0, data)))) {
    return fmt::format("; a checkpoint is named by its prefix: \"{}\"", prefix.substr(0, data));
  }
  if (is_directory(prefix)) return "; it is a directory: name the checkpoint in it";
  return "";
}

// The index of the newest finished commit.
std::unique_ptr<RandomFile> open_index(const std::string& prefix) {
  const std::string path = index_path(prefix);
  for (int attempt = 0;; ++attempt) {
    try {
      return std::make_unique<RandomFile>(settled_path(path, path));
    } catch (const Error& error) {
      if (error.code() != Code::NotFound) throw;
      if (!is_committed(path) || attempt == kAttempts) break;
    }
  }
  throw Error(Code::NotFound,
              fmt::format("Unsuccessful TensorSliceReader constructor: Failed to find any matching files "
                          "for {}: {} does not exist{}",
                          prefix, path, prefix_hint(prefix)));
}

std::string index_bytes(const RandomFile& file) {
  std::string bytes(file.size(), '\0');
  file.read(0, bytes.size(), bytes.data());
  refuse_lfs_pointer(bytes, file.path());
  return bytes;
}

void swap_bytes(Tensor& tensor) {
  std::size_t size = dtype_size(tensor.dtype());
  if (is_complex(tensor.dtype())) size /= 2;
  if (size <= 1) return;
  char* bytes = reinterpret_cast<char*>(tensor.raw());
  for (std::size_t at = 0; at < tensor.bytes(); at += size) std::reverse(bytes + at, bytes + at + size);
}

}  // namespace

std::string message_dtype(DType type) {
  switch (type) {
    case DType::Float32: return "float";
    case DType::Float64: return "double";
    case DType::Float16: return "half";
    default: return dtype_name(type);
  }
}

BundleReader::BundleReader(std::string prefix) : BundleReader(prefix, open_index(prefix)) {}

BundleReader::BundleReader(std::string prefix, std::unique_ptr<RandomFile> index)
    : BundleReader(std::move(prefix), index_bytes(*index)) {
  index_file_ = std::move(index);
}

BundleReader::BundleReader(std::string prefix, std::string index)
    : prefix_(std::move(prefix)), index_path_(index_path(prefix_)) {
  table_ = std::make_unique<Table>(std::move(index), index_path_);
  if (table_->entries().empty() || !table_->entries().front().key.empty()) {
    throw Error(Code::DataLoss,
                fmt::format("{}: no header entry (empty key): this table is no index of a checkpoint", index_path_));
  }
  header_ = parse_bundle_header(table_->entries().front().value, index_path_);
  if (header_.num_shards > kMostShards) {
    throw Error(Code::DataLoss, fmt::format("{}: a header with {} shards", index_path_, header_.num_shards));
  }
  for (const TableEntry& entry : table_->entries()) {
    if (!entry.key.empty() && entry.key[0] != '\0') keys_.push_back(entry.key);
  }
  shards_ = std::vector<Shard>(static_cast<std::size_t>(header_.num_shards));
}

std::optional<BundleEntry> BundleReader::find(std::string_view name) const {
  const TableEntry* found = name.empty() ? nullptr : table_->find(name);
  if (found == nullptr) return std::nullopt;
  return parse_bundle_entry(found->value, index_path_, name);
}

BundleEntry BundleReader::entry(std::string_view name) const {
  if (auto found = find(name)) return *std::move(found);
  throw Error(Code::NotFound, fmt::format("Key {} not found in checkpoint {}{}", printable_key(name), prefix_,
                                          nearest_phrase(name, keys_)));
}

Tensor BundleReader::read(std::string_view name) const {
  const BundleEntry found = entry(name);
  if (found.slices.empty()) return read_stored(name, found);
  return assemble(name, found, box_of(TensorSlice::whole(found.shape.rank()), found.shape));
}

Tensor BundleReader::read(std::string_view name, const ShapeAndSlice& part) const {
  const BundleEntry found = entry(name);
  if (!(found.shape == part.full)) {
    throw Error(Code::InvalidArgument,
                fmt::format("{}: tensor_name = {}; shape in shape_and_slice spec {} does not match the shape stored in "
                            "checkpoint: {}",
                            prefix_, printable_key(name), part.full.to_string(), found.shape.to_string()));
  }
  if (found.slices.empty() && part.slice.covers(part.full)) return read_stored(name, found);
  for (const TensorSlice& slice : found.slices) {
    if (!(slice == part.slice)) continue;
    const std::string key = slice_key(name, slice);
    BundleEntry piece = entry(key);
    if (piece.dtype == found.dtype && piece.shape == slice.shape_in(found.shape)) return read_stored(key, piece);
  }
  return assemble(name, found, box_of(part.slice, part.full));
}

void BundleReader::read_into(std::string_view name, Tensor& tensor) const {
  const BundleEntry found = entry(name);
  if (found.dtype != tensor.dtype()) {
    throw Error(Code::InvalidArgument,
                fmt::format("{}: tensor_name = {}; expected dtype {} does not equal original dtype {}", prefix_,
                            printable_key(name), message_dtype(tensor.dtype()), message_dtype(found.dtype)));
  }
  if (!(found.shape == tensor.shape())) {
    throw Error(Code::InvalidArgument,
                fmt::format("{}: tensor_name = {}; expected shape {} does not equal original shape {}", prefix_,
                            printable_key(name), tensor.shape().to_string(), found.shape.to_string()));
  }
  if (found.slices.empty() && dtype_size(found.dtype) != 0) {
    read_bytes(name, found, tensor);
    return;
  }
  const Tensor values = read(name);
  if (found.dtype == DType::String) {
    std::copy_n(values.data<std::string>(), values.elements(), tensor.data<std::string>());
  } else if (found.dtype == DType::Variant) {
    for (std::int64_t i = 0; i < values.elements(); ++i) tensor.object_at(i) = values.object_at(i);
  } else {
    std::copy_n(values.raw(), values.bytes(), tensor.raw());
  }
}

bool BundleReader::open_data() const {
  const auto is_current = [&] { return !index_file_ || index_file_->is_still(settled_path(index_path_, index_path_)); };
  try {
    for (int i = 0; i < header_.num_shards; ++i) shard(i);
  } catch (const Error& error) {
    if (error.code() != Code::NotFound || is_current()) throw;
    return false;
  }
  return is_current();
}

const RandomFile& BundleReader::shard(int number) const {
  Shard& shard = shards_[static_cast<std::size_t>(number)];
  std::lock_guard lock(shard.mutex);
  if (shard.file == nullptr) {
    const std::string path = data_path(prefix_, number, header_.num_shards);
    std::unique_ptr<RandomFile> file;
    try {
      file = std::make_unique<RandomFile>(settled_path(path, index_path_));
    } catch (const Error& error) {
      if (error.code() != Code::NotFound) throw;
      file = std::make_unique<RandomFile>(path);  // it has got its name in between
    }
    char start[kLfsPointer.size()] = {};
    const std::uint64_t count = std::min<std::uint64_t>(file->size(), sizeof start);
    file->read(0, count, start);
    refuse_lfs_pointer({start, count}, file->path());
    shard.file = std::move(file);
  }
  return *shard.file;
}

std::shared_ptr<MappedFile> BundleReader::mapped_shard(int number) const {
  const RandomFile& file = shard(number);
  Shard& shard = shards_[static_cast<std::size_t>(number)];
  std::lock_guard lock(shard.mutex);
  if (shard.mapping == nullptr) shard.mapping = MappedFile::open(file);
  return shard.mapping;
}

std::string BundleReader::described(std::string_view key, const BundleEntry& entry) const {
  return fmt::format("tensor \"{}\": TensorBundle at {} shard {} ({} bytes)", printable_key(key), prefix_, entry.shard,
                     entry.size);
}

// That the file can hold what the entry says, before any memory is taken for it.
void BundleReader::check_place(std::string_view key, const BundleEntry& entry) const {
  if (entry.shard >= header_.num_shards) {
    throw Error(Code::DataLoss, fmt::format("{}: tensor \"{}\" lies in shard {} of {}", index_path_, printable_key(key),
                                            entry.shard, header_.num_shards));
  }
  const std::size_t element = dtype_size(entry.dtype);
  std::uint64_t expected = 0;
  const bool overflow = __builtin_mul_overflow(static_cast<std::uint64_t>(entry.shape.elements()), element, &expected);
  if (element != 0 && (overflow || entry.size != expected)) {
    throw Error(Code::DataLoss,
                fmt::format("{}: Invalid size in bundle entry: key {}; stored size {}; expected size {} "
                            "for {}{}",
                            index_path_, printable_key(key), entry.size, expected, dtype_name(entry.dtype),
                            entry.shape.to_string()));
  }
  const RandomFile& file = shard(entry.shard);
  if (entry.offset > file.size() || entry.size > file.size() - entry.offset) {
    throw Error(
        Code::OutOfRange,
        fmt::format("{}: Read less bytes than requested: tensor \"{}\" takes {} bytes from byte {} on, the file "
                    "ends at byte {}; it was cut short",
                    file.path(), printable_key(key), entry.size, entry.offset, file.size()));
  }
}

// Reads chunk by chunk to where place(begin) says, and checks the whole.
template <typename Place>
void BundleReader::read_checked(std::string_view key, const BundleEntry& entry, Place place) const {
  check_place(key, entry);
  const RandomFile& file = shard(entry.shard);
  std::uint32_t crc = 0;
  for (std::uint64_t done = 0; done < entry.size;) {
    const std::uint64_t count = std::min(kChunk, entry.size - done);
    char* out = place(done);
    file.read(entry.offset + done, count, out);
    crc = crc32c_extend(crc, {out, count});
    done += count;
  }
  check_sum(key, entry, crc);
}

void BundleReader::check_sum(std::string_view key, const BundleEntry& entry, std::uint32_t crc) const {
  if (crc == crc32c_unmask(entry.crc)) return;
  throw Error(
      Code::DataLoss,
      fmt::format("{}: {} at byte {}: Checksum does not match: stored {:08} vs. calculated on the restored bytes "
                  "{:08}; the file is damaged or belongs to another checkpoint",
                  shard(entry.shard).path(), described(key, entry), entry.offset, crc32c_unmask(entry.crc), crc));
}

void BundleReader::read_bytes(std::string_view key, const BundleEntry& entry, Tensor& into) const {
  char* out = reinterpret_cast<char*>(into.raw());
  read_checked(key, entry, [out](std::uint64_t begin) { return out + begin; });
  finish_numbers(into);
}

void BundleReader::finish_numbers(Tensor& tensor) const {
  if (header_.big_endian) swap_bytes(tensor);
  make_bools_valid(tensor);
}

void BundleReader::verify(std::string_view name) const {
  const BundleEntry found = entry(name);
  if (!found.slices.empty() || dtype_size(found.dtype) == 0) {
    read(name);
    return;
  }
  check_place(name, found);
  std::string chunk(std::min(kChunk, found.size), '\0');
  read_checked(name, found, [&chunk](std::uint64_t) { return chunk.data(); });
}

// Strings and variants.
Tensor BundleReader::read_encoded(std::string_view key, const BundleEntry& entry) const {
  if (entry.dtype == DType::Variant && header_.big_endian) {
    throw Error(Code::Unimplemented, fmt::format("{}: tensor \"{}\": variants of the other byte order cannot be read",
                                                 prefix_, printable_key(key)));
  }
  check_place(key, entry);
  const RandomFile& file = shard(entry.shard);
  std::string bytes(entry.size, '\0');
  file.read(entry.offset, entry.size, bytes.data());
  const ByteReader stored(bytes, file.path(), entry.offset);
  if (entry.dtype == DType::Variant) return decode_variants(stored, entry.shape, entry.crc, described(key, entry));
  return decode_strings(stored, entry.shape, entry.crc, header_.big_endian, described(key, entry));
}

Tensor BundleReader::read_stored(std::string_view key, const BundleEntry& entry) const {
  if (entry.dtype == DType::String || entry.dtype == DType::Variant) return read_encoded(key, entry);
  if (dtype_size(entry.dtype) == 0) {
    throw Error(Code::Unimplemented,
                fmt::format("{}: tensor \"{}\" is of type {}, which cannot be read from a checkpoint", prefix_,
                            printable_key(key), dtype_name(entry.dtype)));
  }
  check_place(key, entry);
  Tensor tensor(entry.dtype, entry.shape);
  read_bytes(key, entry, tensor);
  return tensor;
}

}  // namespace tenon
