// What can still be read of a damaged table (table_reader.h shows the bytes).
//
// Blocks lie one after another from the beginning of the file, and each ends where the number of its restart points and
// its checksum fit its entries: so they are found without the index, which is at the end.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace tenon {

struct SalvagedTable {
  std::map<std::string, std::string> entries;
  std::set<std::string> doubtful;  // keys of entries whose block has a wrong checksum or no end
  bool complete = true;            // no damage was found
};

SalvagedTable salvage_table(std::string_view bytes);

}  // namespace tenon
