// Puts a tensor, or a part of one, together from the pieces in which it is stored.

#include <algorithm>
#include <cstring>
#include <set>

#include <fmt/format.h>

#include "formats/bundle/bundle_reader.h"

namespace tenon {
namespace {

// Calls run(from, to, count) for each row of elements of `common` that lies together in both boxes; `from` and `to`
// are element numbers within `source` and `target`.
template <typename Run>
void for_each_run(const Box& common, const Box& source, const Box& target, Run run) {
  const int rank = common.size.size();
  if (rank == 0) {
    run(std::int64_t{0}, std::int64_t{0}, std::int64_t{1});
    return;
  }
  Dims at = common.begin;
  const auto number_in = [&](const Box& box) {
    std::int64_t number = 0;
    for (int i = 0; i < rank; ++i) number = number * box.size[i] + (at[i] - box.begin[i]);
    return number;
  };
  for (;;) {
    run(number_in(source), number_in(target), common.size[rank - 1]);
    int dim = rank - 2;
    for (; dim >= 0; --dim) {
      if (++at[dim] < common.begin[dim] + common.size[dim]) break;
      at[dim] = common.begin[dim];
    }
    if (dim < 0) return;
  }
}

void copy_elements(const Tensor& from, std::int64_t source, Tensor& to, std::int64_t target, std::int64_t count) {
  if (from.dtype() == DType::String) {
    std::copy_n(from.data<std::string>() + source, count, to.data<std::string>() + target);
    return;
  }
  const std::size_t size = dtype_size(from.dtype());
  std::memcpy(to.raw() + target * size, from.raw() + source * size, count * size);
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
  throw Error(Code::DataLoss, fmt::format("{}: tensor \"{}\": {}{} does not fit into data files of {} bytes", index_path_,
                                          printable_key(name), dtype_name(entry.dtype), entry.shape.to_string(), stored));
}

Tensor BundleReader::assemble(std::string_view name, const BundleEntry& entry, const Box& part) const {
  check_part_fits(name, entry, part);
  Tensor result(entry.dtype, Shape(std::span<const std::int64_t>(part.size)));
  std::vector<bool> filled(static_cast<std::size_t>(result.elements()));
  const auto add_piece = [&](std::string_view key, const BundleEntry& piece, const Box& where) {
    const auto common = intersection(where, part);
    if (!common) return;
    if (piece.dtype != entry.dtype || !(piece.shape == Shape(std::span<const std::int64_t>(where.size)))) {
      throw Error(Code::DataLoss, fmt::format("{}: tensor \"{}\": a piece is {}{}, expected {} of the shape of its slice",
                                              index_path_, printable_key(name), dtype_name(piece.dtype),
                                              piece.shape.to_string(), dtype_name(entry.dtype)));
    }
    const Tensor values = read_stored(key, piece);
    for_each_run(*common, where, part, [&](std::int64_t from, std::int64_t to, std::int64_t count) {
      copy_elements(values, from, result, to, count);
      std::fill_n(filled.begin() + to, count, true);
    });
  };
  if (entry.slices.empty()) {
    add_piece(name, entry, box_of(TensorSlice::whole(entry.shape.rank()), entry.shape));
  }
  for (const TensorSlice& slice : entry.slices) {
    const std::string key = slice_key(name, slice);
    add_piece(key, this->entry(key), box_of(slice, entry.shape));
  }
  if (std::find(filled.begin(), filled.end(), false) != filled.end()) {
    throw Error(Code::InvalidArgument,
                fmt::format("{}: Does not have sufficient slices for partitioned tensor {} to restore: {} pieces of {} "
                            "do not cover the part asked for",
                            prefix_, printable_key(name), entry.slices.size(), entry.shape.to_string()));
  }
  return result;
}

}  // namespace tenon
