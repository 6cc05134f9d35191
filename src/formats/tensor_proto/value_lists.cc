#include "formats/tensor_proto/value_lists.h"

#include <algorithm>

#include "graph.pb.h"

namespace tenon {
namespace {

using Proto = proto::TensorProto;

// Elements of memory type T in a list whose values have another type (int8 in int_val, half bits in half_val).
template <typename T, auto Get, auto Mutable>
struct List {
  static std::int64_t size(const Proto& proto) { return (proto.*Get)().size(); }
  static std::int64_t read(const Proto& proto, std::int64_t count, Tensor& out) {
    const auto& list = (proto.*Get)();
    const std::int64_t n = std::min<std::int64_t>(count, list.size());
    T* to = reinterpret_cast<T*>(out.raw());
    for (std::int64_t i = 0; i < n; ++i) to[i] = static_cast<T>(list.Get(static_cast<int>(i)));
    return n;
  }
  static void write(const Tensor& values, Proto* proto) {
    auto* list = (proto->*Mutable)();
    list->Reserve(static_cast<int>(values.elements()));
    const T* from = reinterpret_cast<const T*>(values.raw());
    for (std::int64_t i = 0; i < values.elements(); ++i) list->Add(from[i]);
  }
};

// Complex elements take two values each.
template <typename T, auto Get, auto Mutable>
struct ComplexList {
  static std::int64_t size(const Proto& proto) { return (proto.*Get)().size() / 2; }
  static std::int64_t read(const Proto& proto, std::int64_t count, Tensor& out) {
    const auto& list = (proto.*Get)();
    const std::int64_t n = std::min<std::int64_t>(count, list.size() / 2);
    T* to = reinterpret_cast<T*>(out.raw());
    for (std::int64_t i = 0; i < 2 * n; ++i) to[i] = list.Get(static_cast<int>(i));
    return n;
  }
  static void write(const Tensor& values, Proto* proto) {
    auto* list = (proto->*Mutable)();
    const T* from = reinterpret_cast<const T*>(values.raw());
    for (std::int64_t i = 0; i < 2 * values.elements(); ++i) list->Add(from[i]);
  }
};

struct StringList {
  static std::int64_t size(const Proto& proto) { return proto.string_val_size(); }
  static std::int64_t read(const Proto& proto, std::int64_t count, Tensor& out) {
    const std::int64_t n = std::min<std::int64_t>(count, proto.string_val_size());
    std::copy_n(proto.string_val().begin(), n, out.data<std::string>());
    return n;
  }
  static void write(const Tensor& values, Proto* proto) {
    for (const std::string& value : values.flat<std::string>()) proto->add_string_val(value);
  }
};

struct Float8List {
  static std::int64_t size(const Proto& proto) { return static_cast<std::int64_t>(proto.float8_val().size()); }
  static std::int64_t read(const Proto& proto, std::int64_t count, Tensor& out) {
    const std::int64_t n = std::min<std::int64_t>(count, static_cast<std::int64_t>(proto.float8_val().size()));
    std::copy_n(proto.float8_val().data(), n, reinterpret_cast<char*>(out.raw()));
    return n;
  }
  static void write(const Tensor& values, Proto* proto) {
    proto->set_float8_val(reinterpret_cast<const char*>(values.raw()), values.bytes());
  }
};

// Overloads make the accessors' addresses ambiguous; these casts pick the list-wide ones.
template <typename V>
using Getter = const google::protobuf::RepeatedField<V>& (Proto::*)() const;
template <typename V>
using Mutator = google::protobuf::RepeatedField<V>* (Proto::*)();

template <typename T>
using IntList = List<T, Getter<std::int32_t>(&Proto::int_val), Mutator<std::int32_t>(&Proto::mutable_int_val)>;
using HalfList = List<std::uint16_t, Getter<std::int32_t>(&Proto::half_val),
                      Mutator<std::int32_t>(&Proto::mutable_half_val)>;
using FloatList = List<float, Getter<float>(&Proto::float_val), Mutator<float>(&Proto::mutable_float_val)>;
using DoubleList = List<double, Getter<double>(&Proto::double_val), Mutator<double>(&Proto::mutable_double_val)>;
using Int64List = List<std::int64_t, Getter<std::int64_t>(&Proto::int64_val),
                       Mutator<std::int64_t>(&Proto::mutable_int64_val)>;
using UInt32List = List<std::uint32_t, Getter<std::uint32_t>(&Proto::uint32_val),
                        Mutator<std::uint32_t>(&Proto::mutable_uint32_val)>;
using UInt64List = List<std::uint64_t, Getter<std::uint64_t>(&Proto::uint64_val),
                        Mutator<std::uint64_t>(&Proto::mutable_uint64_val)>;
using BoolList = List<bool, Getter<bool>(&Proto::bool_val), Mutator<bool>(&Proto::mutable_bool_val)>;
using Complex64List = ComplexList<float, Getter<float>(&Proto::scomplex_val),
                                  Mutator<float>(&Proto::mutable_scomplex_val)>;
using Complex128List = ComplexList<double, Getter<double>(&Proto::dcomplex_val),
                                   Mutator<double>(&Proto::mutable_dcomplex_val)>;

template <typename L>
constexpr ValueList row(DType type, bool content) {
  return {type, &L::read, &L::size, &L::write, content};
}

// Which types use tensor_content is TensorFlow's choice; int4 and its like have no settled layout in it.
constexpr ValueList kLists[] = {
    row<FloatList>(DType::Float32, true),
    row<DoubleList>(DType::Float64, true),
    row<IntList<std::int32_t>>(DType::Int32, true),
    row<IntList<std::uint8_t>>(DType::UInt8, true),
    row<IntList<std::int16_t>>(DType::Int16, true),
    row<IntList<std::int8_t>>(DType::Int8, true),
    row<StringList>(DType::String, false),
    row<Complex64List>(DType::Complex64, false),
    row<Int64List>(DType::Int64, true),
    row<BoolList>(DType::Bool, false),
    row<IntList<std::int8_t>>(DType::QInt8, true),
    row<IntList<std::uint8_t>>(DType::QUInt8, true),
    row<IntList<std::int32_t>>(DType::QInt32, true),
    row<HalfList>(DType::BFloat16, true),
    row<IntList<std::int16_t>>(DType::QInt16, true),
    row<IntList<std::uint16_t>>(DType::QUInt16, true),
    row<IntList<std::uint16_t>>(DType::UInt16, false),
    row<Complex128List>(DType::Complex128, false),
    row<HalfList>(DType::Float16, true),
    row<UInt32List>(DType::UInt32, true),
    row<UInt64List>(DType::UInt64, true),
    row<Float8List>(DType::Float8E5M2, true),
    row<Float8List>(DType::Float8E4M3FN, true),
    row<Float8List>(DType::Float8E4M3FNUZ, true),
    row<Float8List>(DType::Float8E4M3B11FNUZ, true),
    row<Float8List>(DType::Float8E5M2FNUZ, true),
    row<IntList<std::int8_t>>(DType::Int4, false),
    row<IntList<std::uint8_t>>(DType::UInt4, false),
    row<IntList<std::int8_t>>(DType::Int2, false),
    row<IntList<std::uint8_t>>(DType::UInt2, false),
};

}  // namespace

const ValueList* value_list_of(DType type) {
  for (const ValueList& list : kLists) {
    if (list.type == type) return &list;
  }
  return nullptr;
}

}  // namespace tenon
