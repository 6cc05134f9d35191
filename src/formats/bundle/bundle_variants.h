// Variant tensors in a .data file: objects of TensorFlow's (tensor lists, states of iterators), each as its program
// wrote it. They are kept as they are.
//
//   for each element
//     varint64 length
//     bytes    VariantTensorDataProto: 1 type_name, 2 metadata, 3 tensors...
//     u32      masked CRC-32C so far: of each length as u64, the bytes, and the checksums before this one
//
// The checksum of the entry goes on over the last of them.
#pragma once

#include <string>

#include "base/byte_reader.h"
#include "tensor/comparable_object.h"

namespace tenon {

// One element: what stands in the file.
class VariantData final : public ComparableObject {
 public:
  explicit VariantData(std::string bytes) : bytes_(std::move(bytes)) {}
  const std::string& bytes() const { return bytes_; }
  std::string describe() const override;  // "stored variant tensorflow::TensorList"
  bool same_as(const Object& other) const override;

 private:
  std::string bytes_;
};

struct EncodedVariants {
  std::string bytes;
  std::uint32_t crc;  // not masked
};
// Throws Unimplemented if some element is not VariantData, naming the first. `described` begins the message.
void check_variants(const Tensor& variants, const std::string& described);
// REQUIRES: check_variants() found nothing.
EncodedVariants encode_variants(const Tensor& variants);

// `stored` is everything that the entry points to; errors name its file and position. `crc` is the masked one of the
// entry.
Tensor decode_variants(ByteReader stored, const Shape& shape, std::uint32_t crc, const std::string& described);

}  // namespace tenon
