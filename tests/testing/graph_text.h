// Small GraphDefs in protobuf's text form.
#pragma once

#include <string>

namespace tenon {

inline const std::string kFloatT = "attr { key: 'T' value { type: DT_FLOAT } } ";

// A float 1.
inline std::string constant_text(const std::string& name, const std::string& more = "") {
  return "node { name: '" + name +
         "' op: 'Const' attr { key: 'dtype' value { type: DT_FLOAT } } attr { key: 'value' value "
         "{ tensor { dtype: DT_FLOAT tensor_shape {} float_val: 1 } } } " +
         more + "} ";
}

// `inputs` is a text as "input: 'a' input: '^b'".
inline std::string identity_text(const std::string& name, const std::string& inputs, const std::string& more = "") {
  return "node { name: '" + name + "' op: 'Identity' " + inputs + " " + kFloatT + more + "} ";
}

// `shape` is a text as "dim { size: 2 }".
inline std::string placeholder_text(const std::string& name, const std::string& shape, const std::string& more = "") {
  return "node { name: '" + name +
         "' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } "
         "attr { key: 'shape' value { shape { " +
         shape + " } } } " + more + "} ";
}

inline std::string versions_text(const std::string& versions = "producer: 2474") {
  return "versions { " + versions + " } ";
}

}  // namespace tenon
