// A collection of byte strings in a MetaGraphDef, its items left where they lie in the file: a model has a VariableDef
// for every variable, mostly in two collections.
#pragma once

#include <string_view>
#include <vector>

namespace tenon {

struct BytesList {
  std::string_view collection;
  std::vector<std::string_view> items;
};

// Reads an entry of MetaGraphDef.collection_def. False if it is no such collection, or in a form that no program
// writes: then protobuf is to read it.
bool read_bytes_list(std::string_view entry, BytesList& list);

}  // namespace tenon
