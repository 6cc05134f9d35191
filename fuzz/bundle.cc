// Input: entries (u8 length of key, key, u8 length of value, value) up to a byte ff, then the data file. The table is
// made from the entries, so that its checksums are right and the entries themselves are what is tried.

#include "formats/bundle/bundle_reader.h"

#include <stdlib.h>

#include <filesystem>

#include "base/byte_reader.h"
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
  const std::string prefix = folder.path + "/m";
  tenon::ByteReader reader(bytes, "input");
  std::map<std::string, std::string> entries = {{"", tenon::bundle_header_bytes({})}};
  for (;;) {
    const std::uint8_t size = reader.u8("key");
    if (size == 0xff) break;
    const std::string key(reader.bytes(size, "key"));
    entries[key] = std::string(reader.bytes(reader.u8("value"), "value"));
  }
  tenon::write_file_atomic(tenon::index_path(prefix), tenon::table_bytes(entries));
  tenon::write_file_atomic(tenon::data_path(prefix, 0, 1), reader.bytes(reader.remaining(), "data"));
  const tenon::BundleReader bundle(prefix);
  for (const std::string& name : bundle.keys()) {
    try {
      bundle.read(name);
    } catch (const tenon::Error& error) {
      if (error.code() == tenon::Code::Internal) throw;
    }
  }
}
