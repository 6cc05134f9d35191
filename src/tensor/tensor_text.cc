#include <complex>
#include <ostream>

#include <fmt/format.h>

#include "tenon/tensor.h"

namespace tenon {
namespace {

std::string quoted(const std::string& bytes) {
  std::string text = "\"";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      text += '\\';
      text += c;
    } else if (c == '\n') {
      text += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      text += fmt::format("\\x{:02x}", byte);
    } else {
      text += c;
    }
  }
  return text + '"';
}

template <typename T>
std::string complex_text(std::complex<T> value) {
  return fmt::format("({}{:+}j)", value.real(), value.imag());
}

template <typename T>
T raw_at(const Tensor& tensor, std::int64_t i) {
  return reinterpret_cast<const T*>(tensor.raw())[i];
}

std::string element_text(const Tensor& t, std::int64_t i) {
  switch (t.dtype()) {
    case DType::Float32: return fmt::format("{}", raw_at<float>(t, i));
    case DType::Float64: return fmt::format("{}", raw_at<double>(t, i));
    case DType::Float16: return fmt::format("{}", static_cast<float>(raw_at<Half>(t, i)));
    case DType::BFloat16: return fmt::format("{}", static_cast<float>(raw_at<BFloat16>(t, i)));
    case DType::Int8:
    case DType::QInt8:
    case DType::Int4:
    case DType::Int2: return fmt::format("{}", static_cast<int>(raw_at<std::int8_t>(t, i)));
    case DType::Int16:
    case DType::QInt16: return fmt::format("{}", raw_at<std::int16_t>(t, i));
    case DType::Int32:
    case DType::QInt32: return fmt::format("{}", raw_at<std::int32_t>(t, i));
    case DType::Int64: return fmt::format("{}", raw_at<std::int64_t>(t, i));
    case DType::UInt16:
    case DType::QUInt16: return fmt::format("{}", raw_at<std::uint16_t>(t, i));
    case DType::UInt32: return fmt::format("{}", raw_at<std::uint32_t>(t, i));
    case DType::UInt64: return fmt::format("{}", raw_at<std::uint64_t>(t, i));
    case DType::Bool: return raw_at<std::uint8_t>(t, i) != 0 ? "true" : "false";
    case DType::Complex64: return complex_text(raw_at<std::complex<float>>(t, i));
    case DType::Complex128: return complex_text(raw_at<std::complex<double>>(t, i));
    case DType::String: return quoted(t.at<std::string>(i));
    case DType::Resource:
    case DType::Variant: return t.object_at(i) ? "<" + t.object_at(i)->describe() + ">" : "<null>";
    default: return fmt::format("{}", static_cast<int>(raw_at<std::uint8_t>(t, i)));  // one-byte kinds: their bits
  }
}

struct Printer {
  const Tensor& tensor;
  std::int64_t left;  // how many more elements may be printed
  std::int64_t next = 0;
  std::string text;

  // Returns false once the limit has cut the text short.
  bool print(int dim) {
    if (dim == tensor.rank()) {
      if (left-- <= 0) {
        text += "...";
        return false;
      }
      text += element_text(tensor, next++);
      return true;
    }
    text += '[';
    bool complete = true;
    for (std::int64_t i = 0; i < tensor.shape()[dim] && complete; ++i) {
      if (i > 0) text += ',';
      if (left <= 0 && tensor.elements() > 0) {
        text += "...";
        complete = false;
      } else {
        complete = print(dim + 1);
      }
    }
    text += ']';
    return complete;
  }
};

}  // namespace

std::string Tensor::to_string(int max_elements) const {
  if (!defined()) return "undefined";
  std::string head = fmt::format("{} {} ", dtype_name(type_), shape_.to_string());
  if (elements_ == 0) return head + "[]";
  Printer printer{*this, max_elements, 0, std::move(head)};
  printer.print(0);
  return std::move(printer.text);
}

std::ostream& operator<<(std::ostream& out, const Tensor& tensor) {
  if (!tensor.defined()) return out << "undefined";
  if (tensor.elements() == 0) return out << "[]";
  Printer printer{tensor, 1000, 0, {}};
  printer.print(0);
  return out << printer.text;
}

}  // namespace tenon
