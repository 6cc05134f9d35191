// Input: entries (u8 length of key, key, varint length of value, value). The table is made from them, so that its
// checksums are right and the entries themselves are what is tried.

#include "formats/v1/v1_reader.h"

#include <stdlib.h>

#include <filesystem>

#include "base/byte_reader.h"
#include "formats/table/table_salvage.h"
#include "formats/table/table_writer.h"
#include "target.h"

namespace {

struct Folder {
  Folder() {
    if (::mkdtemp(path.data()) == nullptr) std::abort();
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::string path = (std::filesystem::temp_directory_path() / "tenon_fuzz_XXXXXX").string();
};

}  // namespace

TENON_FUZZ_TARGET(bytes) {
  static const Folder folder;
  const std::string path = folder.path + "/m";
  tenon::salvage_table(bytes);
  tenon::ByteReader reader(bytes, "input");
  std::map<std::string, std::string> entries;
  while (!reader.at_end()) {
    const std::string key(reader.bytes(reader.u8("length of a key"), "key"));
    entries[key] = std::string(reader.bytes(reader.varint64("length of a value"), "value"));
  }
  tenon::write_file_atomic(path, tenon::table_bytes(entries));
  const tenon::V1Reader checkpoint(path, {path});
  for (const std::string& name : checkpoint.keys()) {
    try {
      checkpoint.read(name);
    } catch (const tenon::Error& error) {
      if (error.code() == tenon::Code::Internal) throw;
    }
  }
}
