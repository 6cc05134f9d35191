// TensorFlow prints an Any whose type it knows as
//   value { [type.googleapis.com/tensorflow.AssetFileDef] { filename: "f" } }
// AnyProto, which has no type lookup, takes
//   value { type_url: "type.googleapis.com/tensorflow.AssetFileDef" value: "\022\001f" }
#pragma once

#include <string>
#include <string_view>

namespace tenon {

// Rewrites the first form to the second, for the types that tenon has. Returns false, saying why, for others.
bool expand_any_values(std::string_view text, std::string& expanded, std::string& error);

}  // namespace tenon
