#include "formats/npz/npy_header.h"

#include <charconv>

#include <fmt/format.h>

namespace tenon {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

// The Python dict of the header: strings, booleans and tuples of numbers only.
class DictReader {
 public:
  DictReader(std::string_view text, const ByteReader& at) : text_(text), at_(at) {}

  void parse(std::string& descr, bool& fortran_order, std::vector<std::int64_t>& shape) {
    bool seen[3] = {};
    expect('{');
    while (!accept('}')) {
      const std::string_view key = quoted();
      expect(':');
      if (key == "descr" && !seen[0]) {
        descr = quoted_descr();
        seen[0] = true;
      } else if (key == "fortran_order" && !seen[1]) {
        fortran_order = boolean();
        seen[1] = true;
      } else if (key == "shape" && !seen[2]) {
        shape = tuple();
        seen[2] = true;
      } else {
        at_.fail(fmt::format("the header of an array has the key '{}'", key));
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_spaces();
    if (!text_.empty() || !seen[0] || !seen[1] || !seen[2]) {
      at_.fail("the header of an array is not {'descr': ..., 'fortran_order': ..., 'shape': ...}");
    }
  }

 private:
  void skip_spaces() {
    while (!text_.empty() && (text_[0] == ' ' || text_[0] == '\n' || text_[0] == '\t')) text_.remove_prefix(1);
  }
  bool accept(char c) {
    skip_spaces();
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!accept(c))
      at_.fail(fmt::format("'{}' expected in the header of an array before \"{}\"", c, text_.substr(0, 20)));
  }
  std::string_view quoted() {
    const char quote = accept('\'') ? '\'' : '"';
    if (quote == '"') expect('"');
    const std::size_t end = text_.find(quote);
    if (end == std::string_view::npos) at_.fail("a string without end in the header of an array");
    const std::string_view value = text_.substr(0, end);
    text_.remove_prefix(end + 1);
    return value;
  }
  std::string quoted_descr() {
    skip_spaces();
    if (text_.starts_with('[')) {
      throw Error(Code::Unimplemented,
                  fmt::format("{}: an array of records; a tensor has elements of one type", at_.file()));
    }
    return std::string(quoted());
  }
  bool boolean() {
    skip_spaces();
    for (const std::string_view word : {"True", "False"}) {
      if (!text_.starts_with(word)) continue;
      text_.remove_prefix(word.size());
      return word == "True";
    }
    at_.fail("True or False expected in the header of an array");
  }
  std::vector<std::int64_t> tuple() {
    std::vector<std::int64_t> values;
    expect('(');
    while (!accept(')')) {
      skip_spaces();
      std::int64_t value = 0;
      const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
      if (error != std::errc()) at_.fail("a number expected in the shape of an array");
      text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
      accept('L');  // Python 2
      values.push_back(value);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return values;
  }

  std::string_view text_;
  const ByteReader& at_;
};

struct TypeRow {
  char kind;
  std::size_t size;
  DType dtype;
};
constexpr TypeRow kTypes[] = {
    {'b', 1, DType::Bool},    {'i', 1, DType::Int8},       {'i', 2, DType::Int16},   {'i', 4, DType::Int32},
    {'i', 8, DType::Int64},   {'u', 1, DType::UInt8},      {'u', 2, DType::UInt16},  {'u', 4, DType::UInt32},
    {'u', 8, DType::UInt64},  {'f', 2, DType::Float16},    {'f', 4, DType::Float32}, {'f', 8, DType::Float64},
    {'c', 8, DType::Complex64}, {'c', 16, DType::Complex128}, {'V', 2, DType::BFloat16},
};

void set_type(NpyHeader& header, const std::string& descr, const ByteReader& at) {
  const std::string file = at.file();
  if (descr.find('O') != std::string::npos) {
    throw Error(Code::Unimplemented, fmt::format("{}: an array of Python objects (pickled): refused, since reading it "
                                                 "would mean running what it says",
                                                 file));
  }
  const bool has_order = !descr.empty() && std::string_view("<>|=").find(descr[0]) != std::string_view::npos;
  const std::string_view type = std::string_view(descr).substr(has_order ? 1 : 0);
  std::uint32_t size = 0;
  const char* end = type.data() + type.size();
  const bool has_size = type.size() > 1 && std::from_chars(type.data() + 1, end, size).ptr == end;
  if (!has_size || size > (1u << 30)) at.fail(fmt::format("'{}' is no type of elements", descr));
  header.big_endian = descr[0] == '>';
  header.kind = type[0];
  header.size = size;
  if (header.kind == 'S' || header.kind == 'a') header.dtype = DType::String;
  if (header.kind == 'U') {
    header.dtype = DType::String;
    header.size *= 4;
  }
  for (const TypeRow& row : kTypes) {
    if (row.kind == header.kind && row.size == header.size) header.dtype = row.dtype;
  }
  if (header.dtype == DType::Invalid) {
    throw Error(Code::Unimplemented, fmt::format("{}: an array of type '{}', which no tensor can have", file, descr));
  }
}

}  // namespace

NpyHeader read_npy_header(ByteReader& reader) {
  if (reader.remaining() < 10 || reader.bytes(kMagic.size(), "start of an array") != kMagic) {
    reader.fail("no NumPy array: it does not begin with 93 4e 55 4d 50 59");
  }
  const int version = reader.u8("version");
  reader.skip(1, "minor version");
  if (version < 1 || version > 3) reader.fail(fmt::format("an array of version {}; 1 to 3 are known", version));
  std::uint32_t length = 0;
  if (version == 1) {
    length = reader.u8("length of the header");
    length |= static_cast<std::uint32_t>(reader.u8("length of the header")) << 8;
  } else {
    length = reader.fixed32("length of the header");
  }
  const ByteReader at = reader;
  const std::string_view text = reader.bytes(length, "header of an array");
  NpyHeader header;
  std::string descr;
  std::vector<std::int64_t> dims;
  DictReader(text, at).parse(descr, header.fortran_order, dims);
  set_type(header, descr, at);
  try {
    header.shape = Shape::make(dims);
  } catch (const Error& error) {
    at.fail(error.what());
  }
  return header;
}

std::string npy_header_bytes(const std::string& descr, const Shape& shape) {
  std::string dims;
  for (const std::int64_t dim : shape) dims += fmt::format("{}{}", dims.empty() ? "" : ", ", dim);
  if (shape.rank() == 1) dims += ',';
  std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", descr, dims);
  const std::size_t start = kMagic.size() + 4;
  text.append((64 - (start + text.size() + 1) % 64) % 64, ' ');
  text += '\n';
  std::string bytes(kMagic);
  bytes += std::string_view("\1\0", 2);
  bytes += static_cast<char>(text.size() & 0xff);
  bytes += static_cast<char>(text.size() >> 8);
  return bytes + text;
}

}  // namespace tenon
