// A node against its signature: attributes that follow from inputs or defaults, and the types of what goes in and out.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/inline_vector.h"
#include "graph.pb.h"
#include "graph/attr_view.h"
#include "graph/node.h"
#include "tenon/dtype.h"

namespace tenon {

struct NodeTypes {
  DTypes inputs, outputs;  // references included
};

// A signature made ready for checking many nodes against it. The OpDef must outlive it.
class PreparedOp {
 public:
  explicit PreparedOp(const proto::OpDef& op);

  const proto::OpDef& op() const { return op_; }
  // Sets attributes that the node lacks to the signature's default, checks kinds, allowed values and minimums, and
  // returns the types by the signature and the attributes. A node may claim any number of inputs in its attributes:
  // more than `max_inputs`, or an unreasonable number of outputs, is InvalidArgument, as is everything else.
  NodeTypes check(Node& node, std::size_t max_inputs) const;

 private:
  struct Attr {
    const proto::OpDef::AttrDef* def = nullptr;
    AttrKind kind = AttrKind::Unset;
    ListKind list = ListKind::Empty;
  };
  // An argument, with the positions in attrs_ of the attributes that decide its type and number; -1: none does.
  struct Arg {
    const proto::OpDef::ArgDef* def = nullptr;
    int type = -1, number = -1, types = -1;
  };

  int position_of(const std::string& attr) const;
  std::vector<Arg> prepared(const google::protobuf::RepeatedPtrField<proto::OpDef::ArgDef>& args) const;
  using AttrViews = InlineVector<AttrView, 8>;
  bool collect(const Node& node, AttrViews& views) const;
  void append_types(const Arg& arg, const AttrViews& attrs, const Node& node, std::int64_t max, DTypes& types) const;

  const proto::OpDef& op_;
  std::vector<Attr> attrs_;  // sorted by name
  std::vector<Arg> inputs_, outputs_;
};

// Sets the attributes that the inputs' types decide (T, N, type lists) unless the node has them already.
// InvalidArgument if the inputs contradict each other or leave an attribute open.
void infer_attrs(const proto::OpDef& op, std::span<const DType> inputs, Node& node);

// True if a value of type `given` may go in where `expected` stands: a reference serves as a value, not vice versa.
bool input_type_fits(DType given, DType expected);

// "Op<name=Add; signature=x:T, y:T -> z:T; attr=T:type>", for messages.
std::string signature_text(const proto::OpDef& op);

}  // namespace tenon
