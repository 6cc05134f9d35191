#include "formats/bundle/bundle_reader.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/crc32c.h"
#include "base/nearest_names.h"
#include "formats/bundle/bundle_strings.h"
#include "formats/message/bool_bytes.h"

namespace tenon {
namespace {

constexpr std::uint64_t kChunk = 1 << 20;  // read and checked while still in the processor's cache
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
      return fmt::format("; a checkpoint is named by its prefix: \"{}\"", prefix.substr(0, prefix.size() - ending.size()));
    }
  }
  const std::size_t data = prefix.rfind(".data-");
  if (data != std::string::npos && file_exists(index_path(prefix.substr(0, data)))) {
    return fmt::format("; a checkpoint is named by its prefix: \"{}\"", prefix.substr(0, data));
  }
  if (is_directory(prefix)) return "; it is a directory: name the checkpoint in it";
  return "";
}

std::string read_index(const std::string& prefix) {
  const std::string path = index_path(prefix);
  if (!file_exists(path)) {
    throw Error(Code::NotFound, fmt::format("Failed to find any matching files for {}: {} does not exist{}", prefix, path,
                                            prefix_hint(prefix)));
  }
  std::string bytes = read_file(path);
  refuse_lfs_pointer(bytes, path);
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

BundleReader::BundleReader(std::string prefix) : BundleReader(prefix, read_index(prefix)) {}

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
  } else {
    std::copy_n(values.raw(), values.bytes(), tensor.raw());
  }
}

void BundleReader::open_data() const {
  for (int i = 0; i < header_.num_shards; ++i) shard(i);
}

const RandomFile& BundleReader::shard(int number) const {
  Shard& shard = shards_[static_cast<std::size_t>(number)];
  std::lock_guard lock(shard.mutex);
  if (shard.file == nullptr) {
    auto file = std::make_unique<RandomFile>(data_path(prefix_, number, header_.num_shards));
    char start[kLfsPointer.size()] = {};
    const std::uint64_t count = std::min<std::uint64_t>(file->size(), sizeof start);
    file->read(0, count, start);
    refuse_lfs_pointer({start, count}, file->path());
    shard.file = std::move(file);
  }
  return *shard.file;
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
    throw Error(Code::DataLoss, fmt::format("{}: Invalid size in bundle entry: key {}; stored size {}; expected size {} "
                                            "for {}{}",
                                            index_path_, printable_key(key), entry.size, expected,
                                            dtype_name(entry.dtype), entry.shape.to_string()));
  }
  const RandomFile& file = shard(entry.shard);
  if (entry.offset > file.size() || entry.size > file.size() - entry.offset) {
    throw Error(Code::OutOfRange,
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
  if (crc == crc32c_unmask(entry.crc)) return;
  throw Error(Code::DataLoss,
              fmt::format("{}: {} at byte {}: Checksum does not match: stored {:08} vs. calculated on the restored bytes "
                          "{:08}; the file is damaged or belongs to another checkpoint",
                          file.path(), described(key, entry), entry.offset, crc32c_unmask(entry.crc), crc));
}

void BundleReader::read_bytes(std::string_view key, const BundleEntry& entry, Tensor& into) const {
  char* out = reinterpret_cast<char*>(into.raw());
  read_checked(key, entry, [out](std::uint64_t begin) { return out + begin; });
  if (header_.big_endian) swap_bytes(into);
  make_bools_valid(into);
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

Tensor BundleReader::read_strings(std::string_view key, const BundleEntry& entry) const {
  if (header_.big_endian) {
    throw Error(Code::Unimplemented, fmt::format("{}: tensor \"{}\": strings of a big-endian checkpoint", prefix_,
                                                 printable_key(key)));
  }
  check_place(key, entry);
  const RandomFile& file = shard(entry.shard);
  std::string bytes(entry.size, '\0');
  file.read(entry.offset, entry.size, bytes.data());
  return decode_strings(ByteReader(bytes, file.path(), entry.offset), entry.shape, entry.crc, described(key, entry));
}

Tensor BundleReader::read_stored(std::string_view key, const BundleEntry& entry) const {
  if (entry.dtype == DType::String) return read_strings(key, entry);
  if (dtype_size(entry.dtype) == 0) {
    throw Error(Code::Unimplemented, fmt::format("{}: tensor \"{}\" is of type {}, which cannot be read from a checkpoint",
                                                 prefix_, printable_key(key), dtype_name(entry.dtype)));
  }
  check_place(key, entry);
  Tensor tensor(entry.dtype, entry.shape);
  read_bytes(key, entry, tensor);
  return tensor;
}

}  // namespace tenon
