// Writes the tables that table_reader.h describes, with TensorFlow's bytes: blocks of 262144 bytes, a whole key every
// 16 entries, no compression.
#pragma once

#include <map>
#include <string>

namespace tenon {

// The file for these entries; std::map has them in the order of their bytes already.
std::string table_bytes(const std::map<std::string, std::string>& entries);

}  // namespace tenon
