// Bytes out of a gzip file, as many as are asked for.
#pragma once

#include <zlib.h>

#include <string>
#include <string_view>

namespace tenon {

class GzipReader {
 public:
  GzipReader(std::string_view bytes, std::string file);
  ~GzipReader();
  GzipReader(const GzipReader&) = delete;
  GzipReader& operator=(const GzipReader&) = delete;

  // Fills `into` with up to `count` bytes; fewer only at the end. Throws DataLoss for damage.
  std::size_t read(void* into, std::size_t count);

  // Deflate makes at most 1032 bytes of one, so this many may come at most.
  std::size_t most() const { return size_ * 1032 + 64; }

 private:
  z_stream stream_{};
  std::string file_;
  std::size_t size_;
  bool ended_ = false;
};

}  // namespace tenon
