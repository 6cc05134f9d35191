#include "formats/idx/idx.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "base/byte_reader.h"
#include "base/files.h"
#include "formats/idx/gzip_reader.h"

namespace tenon {
namespace {

// The next `count` bytes into `into`; returns how many there were.
using Source = std::function<std::size_t(void* into, std::size_t count)>;

DType type_of(std::uint8_t number) {
  switch (number) {
    case 0x08: return DType::UInt8;
    case 0x09: return DType::Int8;
    case 0x0b: return DType::Int16;
    case 0x0c: return DType::Int32;
    case 0x0d: return DType::Float32;
    case 0x0e: return DType::Float64;
    default: return DType::Invalid;
  }
}

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
  throw Error(Code::DataLoss, fmt::format("{}: {}", name, why));
}

std::string take(const Source& source, std::size_t count) {
  std::string bytes(count, '\0');
  bytes.resize(source(bytes.data(), count));
  return bytes;
}

Tensor parse_from(const Source& source, std::size_t most, const std::string& name) {
  const std::string start = take(source, 4);
  if (start.size() < 4 || start[0] != 0 || start[1] != 0 ||
      type_of(static_cast<std::uint8_t>(start[2])) == DType::Invalid) {
    refuse(name, "no idx file: it does not begin with two zero bytes and a type from 08 to 0e");
  }
  const DType type = type_of(static_cast<std::uint8_t>(start[2]));
  const auto rank = static_cast<std::uint8_t>(start[3]);
  const std::string sizes = take(source, 4u * rank);
  ByteReader reader(sizes, name, 4);
  std::vector<std::int64_t> dims;
  for (int i = 0; i < rank; ++i) dims.push_back(reader.big32("size of a dimension"));
  Shape shape;
  try {
    shape = Shape::make(dims);
  } catch (const Error& error) {
    refuse(name, error.what());
  }
  const std::size_t element = dtype_size(type);
  if (static_cast<std::uint64_t>(shape.elements()) > most / element) {
    refuse(name, fmt::format("{}{} does not fit into a file of this size; it was cut short or is damaged",
                             dtype_name(type), shape.to_string()));
  }
  Tensor tensor(type, shape);
  const std::size_t got = source(tensor.raw(), tensor.bytes());
  if (got != tensor.bytes()) {
    refuse(name, fmt::format("{}{} takes {} bytes, the file has {}; it was cut short", dtype_name(type),
                             shape.to_string(), tensor.bytes(), got));
  }
  if (!take(source, 1).empty()) refuse(name, fmt::format("bytes after the last element of {}", shape.to_string()));
  auto* bytes = reinterpret_cast<char*>(tensor.raw());
  for (std::size_t at = 0; element > 1 && at < tensor.bytes(); at += element)
    std::reverse(bytes + at, bytes + at + element);
  return tensor;
}

}  // namespace

Tensor parse_idx(std::string_view bytes, const std::string& name) {
  if (bytes.starts_with("\x1f\x8b")) {
    GzipReader gzip(bytes, name);
    return parse_from([&](void* into, std::size_t count) { return gzip.read(into, count); }, gzip.most(), name);
  }
  std::size_t at = 0;
  const Source plain = [&](void* into, std::size_t count) {
    const std::size_t have = std::min(count, bytes.size() - at);
    std::copy_n(bytes.data() + at, have, static_cast<char*>(into));
    at += have;
    return have;
  };
  return parse_from(plain, bytes.size(), name);
}

Tensor read_idx(const std::string& path) { return parse_idx(read_file(path), path); }

Tensor read_images(const std::string& path) {
  const Tensor pixels = read_idx(path);
  if (pixels.dtype() != DType::UInt8) {
    throw Error(Code::InvalidArgument,
                fmt::format("{}: images are bytes, but this file holds {}; read it with read_idx", path,
                            dtype_name(pixels.dtype())));
  }
  Tensor images(DType::Float32, pixels.shape());
  std::transform(pixels.data<std::uint8_t>(), pixels.data<std::uint8_t>() + pixels.elements(), images.data<float>(),
                 [](std::uint8_t pixel) { return static_cast<float>(pixel) / 255.f; });
  return images;
}

}  // namespace tenon
