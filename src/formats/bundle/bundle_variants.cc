#include "formats/bundle/bundle_variants.h"

#include <cstring>

#include <fmt/format.h>

#include "base/byte_writer.h"
#include "base/crc32c.h"
#include "formats/message/message_io.h"
#include "graph.pb.h"

namespace tenon {
namespace {

constexpr std::uint64_t kLeast = 5;  // bytes of an element: a length and a checksum

std::uint32_t extend_by_element(std::uint32_t crc, std::string_view element) {
  std::string length;
  put_fixed64(length, element.size());
  return crc32c_extend(crc32c_extend(crc, length), element);
}

}  // namespace

std::string VariantData::describe() const {
  proto::VariantTensorDataProto proto;
  if (!parse_binary(bytes_, proto) || proto.type_name().empty()) return "stored variant";
  return fmt::format("stored variant {}", proto.type_name());
}

bool VariantData::same_as(const Object& other) const {
  const auto* data = dynamic_cast<const VariantData*>(&other);
  return data != nullptr && data->bytes_ == bytes_;
}

void check_variants(const Tensor& variants, const std::string& described) {
  for (std::int64_t i = 0; i < variants.elements(); ++i) {
    const Object* object = variants.object_at(i).get();
    if (dynamic_cast<const VariantData*>(object) != nullptr) continue;
    throw Error(Code::Unimplemented, fmt::format("{}: its element {} is {}, which cannot be saved in a checkpoint",
                                                 described, i, object == nullptr ? "empty" : object->describe()));
  }
}

EncodedVariants encode_variants(const Tensor& variants) {
  EncodedVariants result{};
  for (std::int64_t i = 0; i < variants.elements(); ++i) {
    const std::string& element = static_cast<const VariantData&>(*variants.object_at(i)).bytes();
    put_varint64(result.bytes, element.size());
    result.bytes += element;
    result.crc = extend_by_element(result.crc, element);
    put_fixed32(result.bytes, crc32c_mask(result.crc));
    result.crc = crc32c_extend(result.crc, std::string_view(result.bytes).substr(result.bytes.size() - 4));
  }
  return result;
}

Tensor decode_variants(ByteReader stored, const Shape& shape, std::uint32_t crc, const std::string& described) {
  const auto count = static_cast<std::uint64_t>(shape.elements());
  if (count > stored.remaining() / kLeast) {
    stored.fail(fmt::format("{} has {} elements but only {} bytes", described, count, stored.remaining()));
  }
  Tensor tensor(DType::Variant, shape);
  std::uint32_t actual = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string_view element = stored.bytes(stored.varint64("length of a variant"), "a variant");
    actual = extend_by_element(actual, element);
    const std::string_view checksum = stored.bytes(4, "checksum of a variant");
    std::uint32_t expected;
    std::memcpy(&expected, checksum.data(), sizeof expected);
    if (crc32c_unmask(expected) != actual) {
      stored.fail(fmt::format("{}: The checksum after {} bytes does not match: Expected {:08}, Actual {:08}", described,
                              stored.position(), crc32c_unmask(expected), actual));
    }
    actual = crc32c_extend(actual, checksum);
    proto::VariantTensorDataProto proto;
    if (!parse_binary(element, proto)) stored.fail(fmt::format("{}: its element {} cannot be parsed", described, i));
    tensor.object_at(static_cast<std::int64_t>(i)) = std::make_shared<VariantData>(std::string(element));
  }
  if (crc32c_unmask(crc) != actual) {
    stored.fail(fmt::format("{}: Checksum does not match: stored {:08} vs. calculated on the restored bytes {:08}",
                            described, crc32c_unmask(crc), actual));
  }
  if (!stored.at_end()) stored.fail(fmt::format("{}: {} bytes after the last variant", described, stored.remaining()));
  return tensor;
}

}  // namespace tenon
