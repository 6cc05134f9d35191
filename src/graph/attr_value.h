// Attribute values: between C++ types and AttrValue.
#pragma once

#include <string>
#include <string_view>

#include "graph/graph_impl.h"
#include "tenon/dtype.h"
#include "tenon/shape.h"

namespace tenon::proto {
class AttrValue;
class TensorShapeProto;
}  // namespace tenon::proto

namespace tenon {

void set_attr_value(const AttrInit& value, proto::AttrValue* attr);

// The kind of an attribute's value in an OpDef's words: "int", "list(type)", ...; "" if it has none.
std::string_view attr_kind(const proto::AttrValue& attr);

// Throws InvalidArgument for sizes below -1 or more than 254 dimensions.
PartialShape shape_from_proto(const proto::TensorShapeProto& shape);
void shape_to_proto(const PartialShape& shape, proto::TensorShapeProto* result);

// TensorFlow's runtime says "float", "double", "half", "float_ref" where its Python says "float32", ...
std::string core_dtype_name(DType type);

// "1", "DT_FLOAT", "[1, 2]", "\"abc\"": for messages.
std::string attr_text(const proto::AttrValue& attr);

}  // namespace tenon
