// Partitioned tensors: their pieces lie under keys of their own.

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "formats/bundle/assembly.h"
#include "formats/bundle/bundle_reader.h"

namespace tenon {
namespace {

// Whether the pieces have as many elements of the part as there are, wherever they lie.
bool may_cover(const BundleEntry& entry, const Box& part) {
  std::int64_t left = part.elements();
  for (const TensorSlice& slice : entry.slices) {
    if (left <= 0) break;
    if (const auto shared = intersection(box_of(slice, entry.shape), part)) left -= std::min(left, shared->elements());
  }
  return left <= 0;
}

[[noreturn]] void throw_not_covered(const std::string& prefix, std::string_view name, const BundleEntry& entry) {
  throw Error(Code::InvalidArgument,
              fmt::format("{}: Does not have sufficient slices for partitioned tensor {} to restore: {} pieces of {} "
                          "do not cover the part asked for",
                          prefix, printable_key(name), entry.slices.size(), entry.shape.to_string()));
}

}  // namespace

// A shape is only a claim until the data files are at least as long as the part that is to be made.
void BundleReader::check_part_fits(std::string_view name, const BundleEntry& entry, const Box& part) const {
  std::uint64_t stored = 0;
  std::set<int> counted;
  const auto count = [&](const BundleEntry& piece) {
    if (piece.shard < header_.num_shards && counted.insert(piece.shard).second) stored += shard(piece.shard).size();
  };
  if (entry.slices.empty()) count(entry);
  for (const TensorSlice& slice : entry.slices) count(this->entry(slice_key(name, slice)));
  const std::uint64_t element = std::max<std::uint64_t>(dtype_size(entry.dtype), 1);
  if (static_cast<std::uint64_t>(part.elements()) <= stored / element) return;
  if (!entry.slices.empty() && !may_cover(entry, part)) throw_not_covered(prefix_, name, entry);
  throw Error(Code::DataLoss,
              fmt::format("{}: tensor \"{}\": {}{} does not fit into data files of {} bytes", index_path_,
                          printable_key(name), dtype_name(entry.dtype), entry.shape.to_string(), stored));
}

Tensor BundleReader::assemble(std::string_view name, const BundleEntry& entry, const Box& part) const {
  check_part_fits(name, entry, part);
  Assembly result(entry.dtype, part);
  const auto add_piece = [&](std::string_view key, const BundleEntry& piece, const Box& where) {
    if (!result.wants(where)) return;
    if (piece.dtype != entry.dtype || !(piece.shape == Shape(std::span<const std::int64_t>(where.size)))) {
      throw Error(
          Code::DataLoss,
          fmt::format("{}: tensor \"{}\": a piece is {}{}, expected {} of the shape of its slice", index_path_,
                      printable_key(name), dtype_name(piece.dtype), piece.shape.to_string(), dtype_name(entry.dtype)));
    }
    result.add(read_stored(key, piece), where);
  };
  if (entry.slices.empty()) {
    add_piece(name, entry, box_of(TensorSlice::whole(entry.shape.rank()), entry.shape));
  }
  for (const TensorSlice& slice : entry.slices) {
    const std::string key = slice_key(name, slice);
    add_piece(key, this->entry(key), box_of(slice, entry.shape));
  }
  if (!result.complete()) throw_not_covered(prefix_, name, entry);
  return result.tensor();
}

}  // namespace tenon
