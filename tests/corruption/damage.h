// All the small damage that a file can take, and what must hold of the errors that it gives.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "tenon/error.h"
#include "tenon/tensor.h"

namespace tenon {

// Calls visit(damaged, where) for every byte with each of its bits flipped, or all of them, and for every cut.
template <typename Visit>
void for_each_damage(const std::string& bytes, Visit visit) {
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const unsigned char mask : {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff}) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ mask);
      visit(damaged, "byte " + std::to_string(at) + " ^ " + std::to_string(mask));
    }
  }
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    visit(bytes.substr(0, size), "cut at " + std::to_string(size));
  }
}

// An error of damage is no bug of tenon, and names `place`.
inline void expect_names(const Error& error, const std::string& place, const std::string& where) {
  EXPECT_NE(error.code(), Code::Internal) << where << ": " << error.what();
  EXPECT_NE(std::string(error.what()).find(place), std::string::npos) << where << ": " << error.what();
}

// Of how many damages read(damaged, where) throws an error, which must name `place`.
template <typename Read>
int count_errors(const std::string& bytes, const std::string& place, Read read) {
  int errors = 0;
  for_each_damage(bytes, [&](const std::string& damaged, const std::string& where) {
    try {
      read(damaged, where);
    } catch (const Error& error) {
      ++errors;
      expect_names(error, place, where);
    }
  });
  return errors;
}

// All that a reader of a checkpoint has.
using Values = std::map<std::string, Tensor>;

template <typename Reader>
Values read_all(const Reader& reader) {
  Values values;
  for (const std::string& key : reader.keys()) values[key] = reader.read(key);
  return values;
}

inline bool same(const Values& a, const Values& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return x.first == y.first && x.second.equals(y.second); });
}

}  // namespace tenon
