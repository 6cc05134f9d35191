#include "formats/idx/gzip_reader.h"

#include <algorithm>
#include <climits>

#include <fmt/format.h>

#include "tenon/error.h"

namespace tenon {

GzipReader::GzipReader(std::string_view bytes, std::string file) : file_(std::move(file)), size_(bytes.size()) {
  constexpr int kGzipWindow = 16 + MAX_WBITS;
  if (size_ > UINT_MAX) throw Error(Code::ResourceExhausted, fmt::format("{}: a gzip file of 4 GiB or more", file_));
  stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream_.avail_in = static_cast<uInt>(size_);
  if (inflateInit2(&stream_, kGzipWindow) != Z_OK) {
    throw Error(Code::ResourceExhausted, fmt::format("{}: no memory to decompress it", file_));
  }
}

GzipReader::~GzipReader() { inflateEnd(&stream_); }

std::size_t GzipReader::read(void* into, std::size_t count) {
  auto* out = static_cast<Bytef*>(into);
  std::size_t done = 0;
  while (done < count && !ended_) {
    const auto piece = static_cast<uInt>(std::min<std::size_t>(count - done, 1u << 30));
    stream_.next_out = out + done;
    stream_.avail_out = piece;
    const int status = inflate(&stream_, Z_NO_FLUSH);
    done += piece - stream_.avail_out;
    if (status == Z_STREAM_END) {
      // gzip files may follow each other.
      ended_ = stream_.avail_in == 0;
      if (!ended_) inflateReset(&stream_);
    } else if (status != Z_OK) {
      throw Error(Code::DataLoss,
                  fmt::format("{}: byte {}: cannot be decompressed: {}", file_, size_ - stream_.avail_in,
                              stream_.msg != nullptr ? stream_.msg : "the file was cut short"));
    }
  }
  return done;
}

}  // namespace tenon
