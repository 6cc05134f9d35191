// Attribute values: between C++ types and AttrValue.
#pragma once

#include <string>
#include <string_view>

#include "graph/graph_impl.h"
#include "tenon/dtype.h"

namespace tenon::proto {
class AttrValue;
}  // namespace tenon::proto

namespace tenon {

void set_attr_value(const AttrInit& value, proto::AttrValue* attr);

// The kind of an attribute's value in an OpDef's words: "int", "list(type)", ...; "" if it has none.
std::string_view attr_kind(const proto::AttrValue& attr);

// TensorFlow's runtime says "float", "double", "half", "float_ref" where its Python says "float32", ...
std::string core_dtype_name(DType type);

// "1", "DT_FLOAT", "[1, 2]", "\"abc\"": for messages.
std::string attr_text(const proto::AttrValue& attr);

}  // namespace tenon
