#include "formats/checkpoint/file_diagnosis.h"

#include <algorithm>
#include <string_view>

#include "base/files.h"

namespace tenon {
namespace {

constexpr std::uint64_t kLooked = 1 << 16;
constexpr std::size_t kTarMagicAt = 257;

struct Beginning {
  std::string_view bytes;
  const char* words;
};

constexpr Beginning kBeginnings[] = {
    {"version https://git-lfs.github.com/spec/",
     "it is a Git LFS pointer, not the file itself; fetch it with \"git lfs pull\""},
    {"\x1f\x8b", "it is gzip'ed; unpack it with gunzip first (twice, if it was packed twice)"},
    {"\xfd" "7zXZ", "it is packed with xz; unpack it first"},
    {"BZh", "it is packed with bzip2; unpack it first"},
    {"\x28\xb5\x2f\xfd", "it is packed with zstd; unpack it first"},
    {"PK\x03\x04", "it is a zip archive; unpack it first"},
    {"<!DOCTYPE", "it is a web page: the download did not give the file"},
    {"<!doctype", "it is a web page: the download did not give the file"},
    {"<html", "it is a web page: the download did not give the file"},
    {"<?xml", "it is XML, probably an error message of a server: the download did not give the file"},
};

// Every newline has a carriage return before it: chance would not do that.
bool has_windows_line_ends(std::string_view bytes) {
  constexpr int kEnough = 8;
  int found = 0;
  for (std::size_t at = bytes.find('\n'); at != std::string_view::npos; at = bytes.find('\n', at + 1)) {
    if (at == 0 || bytes[at - 1] != '\r') return false;
    ++found;
  }
  return found >= kEnough;
}

bool was_taken_for_text(std::string_view bytes) {
  constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // what decoders put for bytes that are no UTF-8
  int found = 0;
  for (std::size_t at = bytes.find(kReplacement); at != std::string_view::npos; at = bytes.find(kReplacement, at + 3))
    ++found;
  return found >= 3;
}

}  // namespace

std::string diagnose_file(const std::string& path) {
  const RandomFile file(path);
  if (file.size() == 0) return "it is empty";
  std::string begin(std::min(file.size(), kLooked), '\0'), end = begin;
  file.read(0, begin.size(), begin.data());
  file.read(file.size() - end.size(), end.size(), end.data());
  for (const Beginning& known : kBeginnings) {
    if (begin.starts_with(known.bytes)) return known.words;
  }
  if (begin.substr(std::min(kTarMagicAt, begin.size())).starts_with("ustar"))
    return "it is a tar archive; unpack it first";
  const auto zero = [](char c) { return c == '\0'; };
  if (std::all_of(begin.begin(), begin.end(), zero) && std::all_of(end.begin(), end.end(), zero)) {
    return "it holds nothing but zeros: it was made, but never written";
  }
  if (end.size() >= 4096 && std::all_of(end.end() - 4096, end.end(), zero)) {
    return "it ends with zeros: probably it was not written to its end";
  }
  if (was_taken_for_text(begin)) return "it was copied as text, and its bytes were replaced on the way";
  if (has_windows_line_ends(begin)) return "its line ends were converted: it was copied as text; copy it as binary";
  return "";
}

}  // namespace tenon
