// What an .index says of one tensor, as plain values.
//
// Bytes (protobuf BundleEntryProto): 1 dtype, 2 shape, 3 shard_id, 4 offset, 5 size, 6 crc32c (masked, fixed32),
// 7 slices. The entry with the empty key is the header (BundleHeaderProto): 1 num_shards, 2 endianness (0 little,
// 1 big), 3 version.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "formats/bundle/tensor_slice.h"
#include "tenon/dtype.h"
#include "tenon/shape.h"

namespace tenon {

struct BundleHeader {
  int num_shards = 1;
  bool big_endian = false;
  int producer = 1;
  int min_consumer = 0;
};

struct BundleEntry {
  DType dtype = DType::Invalid;
  Shape shape;
  int shard = 0;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint32_t crc = 0;            // masked, as stored
  std::vector<TensorSlice> slices;  // not empty: the values lie under the keys of these pieces
};

// Throw DataLoss naming `file` and the key if the bytes are none of the kind; the header InvalidArgument for a
// version that is too new.
BundleHeader parse_bundle_header(std::string_view bytes, const std::string& file);
BundleEntry parse_bundle_entry(std::string_view bytes, const std::string& file, std::string_view key);

std::string bundle_header_bytes(const BundleHeader& header);
std::string bundle_entry_bytes(const BundleEntry& entry);

// The key for people: pieces of partitioned tensors have keys of binary bytes.
std::string printable_key(std::string_view key);

// "model.ckpt" -> "model.ckpt.index", "model.ckpt.data-00000-of-00001"
std::string index_path(const std::string& prefix);
std::string data_path(const std::string& prefix, int shard, int num_shards);

}  // namespace tenon
