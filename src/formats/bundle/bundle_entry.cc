#include "formats/bundle/bundle_entry.h"

#include <fmt/format.h>

#include "checkpoint.pb.h"
#include "formats/checkpoint/checkpoint_messages.h"
#include "formats/message/message_io.h"
#include "formats/message/wire.h"
#include "formats/message/wire_check.h"
#include "formats/tensor_proto/tensor_proto.h"
#include "tenon/error.h"

namespace tenon {
namespace {

using Proto = proto::BundleEntryProto;

Shape shape_of(std::string_view bytes) {
  const PartialShape shape = partial_shape_from_bytes(bytes);
  if (!shape.known_rank()) throw Error(Code::DataLoss, "no rank");
  return Shape::make(shape.dims());
}

// A BundleEntryProto as it lies in the table.
struct Fields {
  DType dtype = DType::Invalid;
  std::string_view shape;
  std::int32_t shard = 0;
  std::int64_t offset = 0, size = 0;
  std::uint32_t crc = 0;
  std::vector<std::string_view> slices;

  explicit Fields(std::string_view bytes) {
    WireReader reader(bytes);
    for (WireField field; reader.next(field);) {
      const auto number = static_cast<std::int64_t>(field.value);
      if (field.is_varint()) {
        if (field.number == Proto::kDtypeFieldNumber) dtype = static_cast<DType>(number);
        if (field.number == Proto::kShardIdFieldNumber) shard = static_cast<std::int32_t>(number);
        if (field.number == Proto::kOffsetFieldNumber) offset = number;
        if (field.number == Proto::kSizeFieldNumber) size = number;
      } else if (field.is_bytes()) {
        if (field.number == Proto::kShapeFieldNumber) shape = field.bytes;
        if (field.number == Proto::kSlicesFieldNumber) slices.push_back(field.bytes);
      } else if (field.is_fixed32() && field.number == Proto::kCrc32CFieldNumber) {
        crc = static_cast<std::uint32_t>(field.value);
      }
    }
  }
};

void put_number(std::string& out, int field, std::uint64_t value) {
  if (value != 0) put_varint_field(out, field, value);
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
  // A checkpoint has one for each of many small tensors: without a message in between.
  static const MessageCheck is_entry(*Proto::descriptor());
  if (!is_entry(bytes)) fail("its entry cannot be parsed");
  const Fields fields(bytes);
  BundleEntry entry;
  entry.dtype = fields.dtype;
  if (dtype_name(entry.dtype).starts_with("unknown") || entry.dtype == DType::Invalid || is_ref(entry.dtype)) {
    fail(fmt::format("{} is no type of a stored tensor", dtype_name(entry.dtype)));
  }
  try {
    entry.shape = shape_of(fields.shape);
  } catch (const Error& error) {
    fail(fmt::format("Invalid tensor shape: {}", error.what()));
  }
  if (fields.shard < 0 || fields.offset < 0 || fields.size < 0) {
    fail(fmt::format("a negative place: shard {}, offset {}, size {}", fields.shard, fields.offset, fields.size));
  }
  entry.shard = fields.shard;
  entry.offset = static_cast<std::uint64_t>(fields.offset);
  entry.size = static_cast<std::uint64_t>(fields.size);
  entry.crc = fields.crc;
  for (const std::string_view slice : fields.slices) {
    proto::TensorSliceProto proto;
    parse_binary(slice, proto);
    entry.slices.push_back(slice_from_proto(proto));
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
  std::string out, shape;
  append_shape(entry.shape, shape);
  put_number(out, Proto::kDtypeFieldNumber, static_cast<std::uint64_t>(entry.dtype));
  put_bytes_field(out, Proto::kShapeFieldNumber, shape);
  put_number(out, Proto::kShardIdFieldNumber, static_cast<std::uint64_t>(entry.shard));
  put_number(out, Proto::kOffsetFieldNumber, entry.offset);
  put_number(out, Proto::kSizeFieldNumber, entry.size);
  if (entry.crc != 0) {
    put_tag(out, Proto::kCrc32CFieldNumber, WireType::Fixed32);
    put_fixed32(out, entry.crc);
  }
  for (const TensorSlice& slice : entry.slices) {
    proto::TensorSliceProto proto;
    slice_to_proto(slice, &proto);
    put_bytes_field(out, Proto::kSlicesFieldNumber, proto.SerializeAsString());
  }
  return out;
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
