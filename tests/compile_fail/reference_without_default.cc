// expect: tenon: every field of a bound struct needs a default
#include "tenon/binding.h"

struct Model {
  tenon::Output x;
#ifdef TENON_BAD
  tenon::Output& y;
#endif
};

tenon::Json names(const Model& model) { return tenon::to_graph(model); }
void bind(Model& model, const tenon::Json& json, const tenon::Graph& graph) { tenon::from_graph(model, json, graph); }
