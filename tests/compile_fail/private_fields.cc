// expect: tenon: only a struct can be bound: a plain aggregate, or a class that says its fields
#include "tenon/binding.h"

class Model {
#ifndef TENON_BAD
 public:
  static constexpr auto fields() { return tenon::fields("x", &Model::x_); }
#endif
 private:
  tenon::Output x_;
};

tenon::Json names(const Model& model) { return tenon::to_graph(model); }
void bind(Model& model, const tenon::Json& json, const tenon::Graph& graph) { tenon::from_graph(model, json, graph); }
