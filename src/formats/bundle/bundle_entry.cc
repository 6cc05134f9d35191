#include "formats/bundle/bundle_entry.h"

#include <fmt/format.h>

#include "checkpoint.pb.h"
#include "formats/checkpoint/checkpoint_messages.h"
#include "formats/message/message_io.h"
#include "tenon/error.h"

namespace tenon {
namespace {

Shape shape_of(const proto::BundleEntryProto& proto) {
  if (proto.shape().unknown_rank()) throw Error(Code::DataLoss, "no rank");
  std::vector<std::int64_t> dims;
  for (const auto& dim : proto.shape().dim()) dims.push_back(dim.size());
  return Shape::make(dims);
}

}  // namespace

BundleHeader parse_bundle_header(std::string_view bytes, const std::string& file) {
  proto::BundleHeaderProto proto;
  if (!parse_binary(bytes, proto)) {
    throw Error(Code::DataLoss, fmt::format("{}: the header entry (empty key) cannot be parsed", file));
  }
  check_checkpoint_version(proto.version(), file);
  if (proto.num_shards() < 0 || proto.endianness() < 0 || proto.endianness() > 1) {
    throw Error(Code::DataLoss, fmt::format("{}: a header with {} shards and endianness {}", file, proto.num_shards(),
                                            static_cast<int>(proto.endianness())));
  }
  return {proto.num_shards(), proto.endianness() == proto::BundleHeaderProto::BIG, proto.version().producer(),
          proto.version().min_consumer()};
}

BundleEntry parse_bundle_entry(std::string_view bytes, const std::string& file, std::string_view key) {
  const auto fail = [&](const std::string& why) {
    throw Error(Code::DataLoss, fmt::format("{}: tensor \"{}\": {}", file, printable_key(key), why));
  };
  proto::BundleEntryProto proto;
  if (!parse_binary(bytes, proto)) {
    fail("its entry cannot be parsed");
  }
  BundleEntry entry;
  entry.dtype = static_cast<DType>(proto.dtype());
  if (dtype_name(entry.dtype).starts_with("unknown") || entry.dtype == DType::Invalid || is_ref(entry.dtype)) {
    fail(fmt::format("{} is no type of a stored tensor", dtype_name(entry.dtype)));
  }
  try {
    entry.shape = shape_of(proto);
  } catch (const Error& error) {
    fail(fmt::format("Invalid tensor shape: {}", error.what()));
  }
  if (proto.shard_id() < 0 || proto.offset() < 0 || proto.size() < 0) {
    fail(fmt::format("a negative place: shard {}, offset {}, size {}", proto.shard_id(), proto.offset(), proto.size()));
  }
  entry.shard = proto.shard_id();
  entry.offset = static_cast<std::uint64_t>(proto.offset());
  entry.size = static_cast<std::uint64_t>(proto.size());
  entry.crc = proto.crc32c();
  for (const auto& slice : proto.slices()) {
    entry.slices.push_back(slice_from_proto(slice));
    try {
      entry.slices.back().shape_in(entry.shape);
    } catch (const Error& error) {
      fail(error.what());
    }
  }
  return entry;
}

std::string bundle_header_bytes(const BundleHeader& header) {
  proto::BundleHeaderProto proto;
  proto.set_num_shards(header.num_shards);
  if (header.big_endian) proto.set_endianness(proto::BundleHeaderProto::BIG);
  proto.mutable_version()->set_producer(header.producer);
  proto.mutable_version()->set_min_consumer(header.min_consumer);
  return proto.SerializeAsString();
}

std::string bundle_entry_bytes(const BundleEntry& entry) {
  proto::BundleEntryProto proto;
  proto.set_dtype(static_cast<proto::DataType>(entry.dtype));
  proto.mutable_shape();
  for (const std::int64_t dim : entry.shape) proto.mutable_shape()->add_dim()->set_size(dim);
  proto.set_shard_id(entry.shard);
  proto.set_offset(static_cast<std::int64_t>(entry.offset));
  proto.set_size(static_cast<std::int64_t>(entry.size));
  proto.set_crc32c(entry.crc);
  for (const TensorSlice& slice : entry.slices) slice_to_proto(slice, proto.add_slices());
  return proto.SerializeAsString();
}

std::string printable_key(std::string_view key) {
  std::string text;
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      text += fmt::format("\\x{:02x}", byte);
    } else {
      text += c;
    }
  }
  return text;
}

std::string index_path(const std::string& prefix) { return prefix + ".index"; }

std::string data_path(const std::string& prefix, int shard, int num_shards) {
  return fmt::format("{}.data-{:05d}-of-{:05d}", prefix, shard, num_shards);
}

}  // namespace tenon
