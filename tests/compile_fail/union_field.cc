// expect: tenon: a union can't be bound
#include "tenon/binding.h"

union Either {
  int i;
  float f;
};

struct Model {
  tenon::Output x;
#ifdef TENON_BAD
  Either either;
#endif
};

tenon::Json names(const Model& model) { return tenon::to_graph(model); }
void bind(Model& model, const tenon::Json& json, const tenon::Graph& graph) { tenon::from_graph(model, json, graph); }
