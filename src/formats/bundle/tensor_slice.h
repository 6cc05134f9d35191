// Parts of a tensor: how a partitioned variable is cut into pieces.
//
//   parse_shape_and_slice("10 2 0,4:-")   // full shape [10,2]; rows 0 to 3, all of dimension 1
//   slice_key("w", slice)                 // the key of that piece in an .index
//
// Key of a piece, in order-preserving bytes: 00; the name with 00 as 00 ff and ff as ff 00; 00 01; the rank as a length
// byte and big-endian bytes; then for each dimension start and length (0 and -1 for all of it) as signed numbers:
// one byte 80 + x for -64 <= x < 64, more bytes beyond that.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenon/shape.h"
#include "tenon/tensor.h"

namespace tenon {

struct Extent {
  std::int64_t start = 0;
  std::int64_t length = -1;  // -1: all of the dimension
  bool operator==(const Extent&) const = default;
};

struct TensorSlice {
  std::vector<Extent> extents;  // one for each dimension

  static TensorSlice whole(int rank) { return {std::vector<Extent>(static_cast<std::size_t>(rank))}; }
  bool covers(const Shape& full) const;  // every dimension is taken as a whole
  // The sizes of the piece. Throws InvalidArgument if it does not lie within `full`.
  Shape shape_in(const Shape& full) const;
  std::string to_string() const;  // "0,4:-"
  bool operator==(const TensorSlice&) const = default;
};

// What the shape_and_slices input of SaveV2 and RestoreV2 says: "" is nothing (the whole tensor).
struct ShapeAndSlice {
  Shape full;
  TensorSlice slice;
};
std::optional<ShapeAndSlice> parse_shape_and_slice(std::string_view text);

// Throws InvalidArgument unless the tensor has the shape of that part. `name` is for the message.
void check_piece_shape(std::string_view name, const ShapeAndSlice& part, const Tensor& piece);

std::string slice_key(std::string_view name, const TensorSlice& slice);

// Where a piece lies: the first element in each dimension and how many there are.
struct Box {
  Dims begin;
  Dims size;
  std::int64_t elements() const;
};
Box box_of(const TensorSlice& slice, const Shape& full);
std::optional<Box> intersection(const Box& a, const Box& b);

}  // namespace tenon
