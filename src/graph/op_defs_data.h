// The bytes of op_defs.pb, an OpList: field 1 repeated, each an OpDef whose first field is its name.
#pragma once

#include <string_view>

namespace tenon {

std::string_view embedded_op_defs();

}  // namespace tenon
