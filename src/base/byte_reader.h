// Reads numbers and runs of bytes out of a piece of a file, and never past its end.
//
//   ByteReader reader(bytes, "model.ckpt.index", offset_of_bytes_in_file);
//   std::uint64_t length = reader.varint64("length of the key");
//   std::string_view key = reader.bytes(length, "key");      // refused if fewer bytes are left
//
// Every error is a DataLoss that names the file, the byte, what was wanted there and how much is left. A length
// that was read is checked against what is left before anything is done with it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tenon {

class ByteReader {
 public:
  // `bytes` must outlive the reader and the views that it returns.
  ByteReader(std::string_view bytes, std::string file, std::uint64_t file_offset = 0)
      : bytes_(bytes), file_(std::move(file)), file_offset_(file_offset) {}

  std::size_t remaining() const { return bytes_.size() - position_; }
  bool at_end() const { return remaining() == 0; }
  std::size_t position() const { return position_; }                          // in `bytes`
  std::uint64_t file_position() const { return file_offset_ + position_; }    // in the file
  const std::string& file() const { return file_; }

  std::uint8_t u8(const char* what);
  std::uint32_t fixed32(const char* what);  // little-endian
  std::uint64_t fixed64(const char* what);
  std::uint32_t big32(const char* what);  // big-endian
  std::uint32_t varint32(const char* what);
  std::uint64_t varint64(const char* what);
  std::string_view bytes(std::uint64_t count, const char* what);
  void skip(std::uint64_t count, const char* what) { bytes(count, what); }

  // Throws DataLoss "<file>: byte N: <message>".
  [[noreturn]] void fail(const std::string& message) const;

 private:
  void need(std::uint64_t count, const char* what) const;

  std::string_view bytes_;
  std::string file_;
  std::uint64_t file_offset_;
  std::size_t position_ = 0;
};

}  // namespace tenon
