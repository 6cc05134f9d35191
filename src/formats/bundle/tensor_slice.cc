#include "formats/bundle/tensor_slice.h"

#include <algorithm>
#include <bit>
#include <charconv>

#include <fmt/format.h>

#include "tenon/error.h"

namespace tenon {
namespace {

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw Error(Code::InvalidArgument, fmt::format("\"{}\" is no shape and slice (as \"10 2 0,4:-\"): {}", text, why));
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0;;) {
    const std::size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end == std::string_view::npos ? end : end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

std::int64_t number(std::string_view part, std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
  if (error != std::errc() || end != part.data() + part.size() || value < 0) {
    refuse(text, fmt::format("Non numerical dimension in shape_and_slice: \"{}\" is no size", part));
  }
  return value;
}

void put_unsigned(std::string& out, std::uint64_t value) {
  const int length = (static_cast<int>(std::bit_width(value)) + 7) / 8;
  out.push_back(static_cast<char>(length));
  for (int i = length - 1; i >= 0; --i) out.push_back(static_cast<char>(value >> (8 * i)));
}

// The first bits say how many bytes there are, so that longer numbers sort after shorter ones.
void put_signed(std::string& out, std::int64_t value) {
  const auto magnitude = static_cast<std::uint64_t>(value < 0 ? ~value : value);
  if (magnitude < 64) {
    out.push_back(static_cast<char>(0x80 ^ value));
    return;
  }
  const int length = static_cast<int>(std::bit_width(magnitude)) / 7 + 1;
  const int sign = value < 0 ? 0xff : 0;
  std::string bytes(2, static_cast<char>(sign));
  for (int i = 7; i >= 0; --i) bytes.push_back(static_cast<char>(value >> (8 * i)));
  bytes = bytes.substr(bytes.size() - static_cast<std::size_t>(length));
  const int ones = 0xffff << (16 - length) & 0xffff;
  bytes[0] = static_cast<char>(bytes[0] ^ (ones >> 8));
  bytes[1] = static_cast<char>(bytes[1] ^ (ones & 0xff));
  out += bytes;
}

}  // namespace

bool TensorSlice::covers(const Shape& full) const {
  if (static_cast<int>(extents.size()) != full.rank()) return false;
  for (int i = 0; i < full.rank(); ++i) {
    const Extent& extent = extents[static_cast<std::size_t>(i)];
    if (extent.length >= 0 && (extent.start != 0 || extent.length != full[i])) return false;
  }
  return true;
}

Shape TensorSlice::shape_in(const Shape& full) const {
  if (static_cast<int>(extents.size()) != full.rank()) {
    throw Error(Code::InvalidArgument,
                fmt::format("Mismatching ranks: shape = {}, slice = {}", full.to_string(), to_string()));
  }
  Shape shape = full;
  for (int i = 0; i < full.rank(); ++i) {
    const Extent& extent = extents[static_cast<std::size_t>(i)];
    if (extent.length < 0) continue;
    if (extent.start < 0 || extent.start > full[i] || extent.length > full[i] - extent.start) {
      throw Error(Code::InvalidArgument, fmt::format("Extent in dimension {} out of bounds: shape = {}, slice = {},{}",
                                                     i, full.to_string(), extent.start, extent.length));
    }
    shape[i] = extent.length;
  }
  return shape;
}

std::string TensorSlice::to_string() const {
  std::string text;
  for (const Extent& extent : extents) {
    if (!text.empty()) text += ':';
    text += extent.length < 0 ? "-" : fmt::format("{},{}", extent.start, extent.length);
  }
  return text;
}

std::optional<ShapeAndSlice> parse_shape_and_slice(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const std::vector<std::string_view> words = split(text, ' ');
  if (words.size() < 2)
    refuse(text, "Need least two elements in shape_and_slice specification, the sizes and the slice");
  std::vector<std::int64_t> sizes;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) sizes.push_back(number(words[i], text));
  ShapeAndSlice result{Shape::make(sizes), {}};
  for (std::string_view part : split(words.back(), ':')) {
    if (part == "-") {
      result.slice.extents.push_back({});
      continue;
    }
    const std::vector<std::string_view> pair = split(part, ',');
    if (pair.size() != 2) refuse(text, fmt::format("Expected a pair of numbers or '-' but got '{}'", part));
    const Extent extent{number(pair[0], text), number(pair[1], text)};
    if (extent.length == 0) refuse(text, "Expected non-negative start and positive length but got length = 0");
    result.slice.extents.push_back(extent);
  }
  result.slice.shape_in(result.full);
  return result;
}

std::string slice_key(std::string_view name, const TensorSlice& slice) {
  std::string key(1, '\0');  // the number 0
  for (const char c : name) {
    key.push_back(c);
    if (c == '\0') key.push_back('\xff');
    if (c == '\xff') key.push_back('\0');
  }
  key += std::string_view("\0\1", 2);
  put_unsigned(key, slice.extents.size());
  for (const Extent& extent : slice.extents) {
    put_signed(key, extent.length < 0 ? 0 : extent.start);
    put_signed(key, extent.length);
  }
  return key;
}

void check_piece_shape(std::string_view name, const ShapeAndSlice& part, const Tensor& piece) {
  if (piece.shape() == part.slice.shape_in(part.full)) return;
  throw Error(
      Code::InvalidArgument,
      fmt::format("tensor \"{}\": Slice in shape_and_slice specification does not match the shape of the tensor to "
                  "save: {} of {}, tensor: {}",
                  name, part.slice.to_string(), part.full.to_string(), piece.shape().to_string()));
}

std::int64_t Box::elements() const {
  std::int64_t count = 1;
  for (const std::int64_t length : size) count *= length;
  return count;
}

Box box_of(const TensorSlice& slice, const Shape& full) {
  Box box{{}, slice.shape_in(full)};
  for (const Extent& extent : slice.extents) box.begin.push_back(extent.length < 0 ? 0 : extent.start);
  return box;
}

std::optional<Box> intersection(const Box& a, const Box& b) {
  Box common;
  for (int i = 0; i < a.begin.size(); ++i) {
    const std::int64_t begin = std::max(a.begin[i], b.begin[i]);
    const std::int64_t end = std::min(a.begin[i] + a.size[i], b.begin[i] + b.size[i]);
    if (begin >= end) return std::nullopt;
    common.begin.push_back(begin);
    common.size.push_back(end - begin);
  }
  return common;
}

}  // namespace tenon
