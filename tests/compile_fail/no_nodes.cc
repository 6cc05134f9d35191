// expect: tenon: no field of this struct is a tenon::Output
#include "tenon/binding.h"

struct Model {
  float lr = 1;
#ifndef TENON_BAD
  tenon::Output x;
#endif
};

tenon::Json names(const Model& model) { return tenon::to_graph(model); }
void bind(Model& model, const tenon::Json& json, const tenon::Graph& graph) { tenon::from_graph(model, json, graph); }
