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
void set_attr(Node& node, std::string_view name, const AttrInit& value);

// TensorFlow's runtime says "float", "double", "half", "float_ref" where its Python says "float32", ...
std::string core_dtype_name(DType type);

// "1", "DT_FLOAT", "[1, 2]", "\"abc\"": for messages.
std::string attr_text(const proto::AttrValue& attr);
std::string attr_text(std::string_view attr_value);  // its bytes

}  // namespace tenon
