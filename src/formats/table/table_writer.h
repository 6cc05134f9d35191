// Writes the tables that table_reader.h describes, with TensorFlow's bytes: blocks of 262144 bytes, a whole key every
// 16 entries, no compression.
//
//   TableWriter table(file);          // an AtomicFile
//   table.add("a", "1");
//   table.add("b", "2");
//   table.finish();
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/files.h"

namespace tenon {

// Entry by entry; what is done goes to the file. REQUIRES: keys rise.
class TableWriter {
 public:
  explicit TableWriter(AtomicFile& file);
  ~TableWriter();

  // Throw the errors of AtomicFile::write.
  void add(std::string_view key, std::string_view value);
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The file for these entries; std::map has them in the order of their bytes already.
std::string table_bytes(const std::map<std::string, std::string>& entries);

}  // namespace tenon
