// A node against its signature: attributes that follow from inputs or defaults, and the types of what goes in and out.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tenon/dtype.h"

namespace tenon::proto {
class NodeDef;
class OpDef;
}  // namespace tenon::proto

namespace tenon {

struct NodeTypes {
  std::vector<DType> inputs, outputs;  // references included
};

// Sets the attributes that the inputs' types decide (T, N, type lists) unless the node has them already.
// InvalidArgument if the inputs contradict each other or leave an attribute open.
void infer_attrs(const proto::OpDef& op, std::span<const DType> inputs, proto::NodeDef& node);

// Sets attributes that the node lacks to the signature's default. InvalidArgument for one without a default.
void fill_default_attrs(const proto::OpDef& op, proto::NodeDef& node);

// Kinds, allowed values and minimums. InvalidArgument.
void check_attrs(const proto::OpDef& op, const proto::NodeDef& node);

// The types by the signature and the attributes. A node may claim any number of inputs in its attributes: more than
// `max_inputs`, or an unreasonable number of outputs, is InvalidArgument.
NodeTypes node_types(const proto::OpDef& op, const proto::NodeDef& node, std::size_t max_inputs);

// True if a value of type `given` may go in where `expected` stands: a reference serves as a value, not vice versa.
bool input_type_fits(DType given, DType expected);

// "Op<name=Add; signature=x:T, y:T -> z:T; attr=T:type>", for messages.
std::string signature_text(const proto::OpDef& op);

}  // namespace tenon
