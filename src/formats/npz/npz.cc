#include "formats/npz/npz.h"

#include <zip.h>

#include <memory>
#include <vector>

#include <fmt/format.h>

namespace tenon {
namespace {

constexpr std::uint64_t kDeflateMostRatio = 1032;

struct CloseArchive {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct CloseFile {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};
using Archive = std::unique_ptr<zip_t, CloseArchive>;
using Member = std::unique_ptr<zip_file_t, CloseFile>;

std::string words_of(zip_error_t* error) {
  std::string words = zip_error_strerror(error);
  zip_error_fini(error);
  return words;
}

Archive open_archive(std::string_view bytes, const std::string& name) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  zip_t* archive = source == nullptr ? nullptr : zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error);
  if (archive == nullptr) {
    if (source != nullptr) zip_source_free(source);
    throw Error(Code::DataLoss,
                fmt::format("{}: no NumPy archive (.npz), or a damaged one: {}", name, words_of(&error)));
  }
  zip_error_fini(&error);
  return Archive(archive);
}

// The unpacked bytes of a member, whose checksum libzip compares when the end is reached.
std::string unpack(zip_t* archive, std::uint64_t index, std::uint64_t size, const std::string& described) {
  const Member file(zip_fopen_index(archive, index, 0));
  if (file == nullptr) {
    throw Error(Code::DataLoss, fmt::format("{}: cannot be unpacked: {}", described, zip_strerror(archive)));
  }
  std::string bytes(size, '\0');
  const zip_int64_t got = zip_fread(file.get(), bytes.data(), size);
  char beyond;
  const zip_int64_t rest = got < 0 ? got : zip_fread(file.get(), &beyond, 1);
  if (got != static_cast<zip_int64_t>(size) || rest != 0) {
    throw Error(Code::DataLoss,
                fmt::format("{}: cannot be unpacked: {}", described,
                            rest < 0 ? zip_file_strerror(file.get()) : "its length is not the stated one"));
  }
  return bytes;
}

std::string member_name(zip_t* archive, std::uint64_t index, const std::string& name) {
  const char* raw = zip_get_name(archive, index, ZIP_FL_ENC_RAW);
  std::string_view member = raw == nullptr ? "" : raw;
  if (!member.ends_with(".npy")) {
    throw Error(Code::DataLoss, fmt::format("{}: no NumPy archive: its member \"{}\" is no .npy file", name, member));
  }
  member.remove_suffix(4);
  return std::string(member);
}

// Sizes in a directory are claims; nothing is allocated that the packed bytes cannot give.
std::uint64_t checked_size(zip_t* archive, std::uint64_t index, std::uint64_t& packed_left,
                           const std::string& described) {
  zip_stat_t stat;
  zip_stat_init(&stat);
  constexpr zip_uint64_t kNeeded = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
  if (zip_stat_index(archive, index, 0, &stat) != 0 || (stat.valid & kNeeded) != kNeeded) {
    throw Error(Code::DataLoss, fmt::format("{}: its entry in the directory is damaged", described));
  }
  const std::uint64_t ratio = stat.comp_method == ZIP_CM_STORE ? 1 : kDeflateMostRatio;
  if (stat.comp_method != ZIP_CM_STORE && stat.comp_method != ZIP_CM_DEFLATE) {
    throw Error(Code::Unimplemented, fmt::format("{}: packed by method {}; stored and deflated members can be read",
                                                 described, stat.comp_method));
  }
  if (stat.comp_size > packed_left || stat.size / ratio > stat.comp_size) {
    throw Error(Code::DataLoss,
                fmt::format("{}: {} bytes packed in {} cannot be", described, stat.size, stat.comp_size));
  }
  packed_left -= stat.comp_size;
  return stat.size;
}

void add_member(zip_t* archive, const std::string& name, const std::string& bytes) {
  zip_source_t* source = zip_source_buffer(archive, bytes.data(), bytes.size(), 0);
  const zip_int64_t index =
      source == nullptr ? -1 : zip_file_add(archive, (name + ".npy").c_str(), source, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    if (source != nullptr) zip_source_free(source);
    throw Error(Code::InvalidArgument, fmt::format("\"{}\" cannot be a member of a NumPy archive: {}", name,
                                                   zip_strerror(archive)));
  }
  const auto member = static_cast<std::uint64_t>(index);
  constexpr std::uint16_t kFirstDay = 1 << 5 | 1;  // 1 January 1980, so that equal arrays give equal files
  zip_set_file_compression(archive, member, ZIP_CM_STORE, 0);
  zip_file_set_dostime(archive, member, 0, kFirstDay, 0);
}

struct FreeSource {
  void operator()(zip_source_t* source) const { zip_source_free(source); }
};
using Source = std::unique_ptr<zip_source_t, FreeSource>;

std::string contents(zip_source_t* source) {
  zip_stat_t stat;
  zip_stat_init(&stat);
  if (zip_source_stat(source, &stat) != 0 || zip_source_open(source) != 0) {
    throw Error(Code::Internal, "a zip archive in memory cannot be read back");
  }
  std::string bytes(stat.size, '\0');
  const zip_int64_t got = zip_source_read(source, bytes.data(), bytes.size());
  zip_source_close(source);
  if (got != static_cast<zip_int64_t>(bytes.size()))
    throw Error(Code::Internal, "a zip archive in memory is cut short");
  return bytes;
}

// An archive without members, which libzip does not write.
std::string empty_archive() { return "PK\5\6" + std::string(18, '\0'); }

}  // namespace

std::map<std::string, Tensor> parse_npz(std::string_view bytes, const std::string& name) {
  if (bytes == empty_archive()) return {};
  if (bytes.empty()) throw Error(Code::DataLoss, fmt::format("{}: empty; expected a NumPy archive (.npz)", name));
  const Archive archive = open_archive(bytes, name);
  std::map<std::string, Tensor> arrays;
  std::uint64_t packed_left = bytes.size();
  const zip_int64_t count = zip_get_num_entries(archive.get(), 0);
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(count); ++i) {
    const std::string member = member_name(archive.get(), i, name);
    const std::string described = fmt::format("{}: array \"{}\"", name, member);
    const std::uint64_t size = checked_size(archive.get(), i, packed_left, described);
    if (!arrays.emplace(member, parse_npy(unpack(archive.get(), i, size, described), described)).second) {
      throw Error(Code::DataLoss, fmt::format("{}: there are two of that name", described));
    }
  }
  return arrays;
}

std::map<std::string, Tensor> read_npz(const std::string& path) { return parse_npz(read_file(path), path); }

std::string npz_bytes(const std::map<std::string, Tensor>& arrays) {
  if (arrays.empty()) return empty_archive();
  zip_error_t error;
  zip_error_init(&error);
  const Source source(zip_source_buffer_create(nullptr, 0, 0, &error));
  zip_t* archive = source == nullptr ? nullptr : zip_open_from_source(source.get(), ZIP_TRUNCATE, &error);
  if (archive == nullptr) throw Error(Code::Internal, fmt::format("cannot make a zip archive: {}", words_of(&error)));
  zip_error_fini(&error);
  zip_source_keep(source.get());  // the archive takes one hold, we keep the other
  Archive guard(archive);
  std::vector<std::string> members;
  members.reserve(arrays.size());  // libzip reads them when the archive is closed
  for (const auto& [name, tensor] : arrays) {
    members.push_back(npy_bytes(tensor, name));
    add_member(archive, name, members.back());
  }
  if (zip_close(archive) != 0) {
    throw Error(Code::Internal, fmt::format("cannot make a zip archive: {}", zip_strerror(archive)));
  }
  guard.release();
  return contents(source.get());
}

void write_npz(const std::string& path, const std::map<std::string, Tensor>& arrays, AtomicFile::Sync sync) {
  write_file_atomic(path, npz_bytes(arrays), sync);
}

}  // namespace tenon
