// expect: tenon: a field that names a node can be neither const nor a reference
#include "tenon/binding.h"

struct Model {
#ifdef TENON_BAD
  const
#endif
  tenon::Output x;
};

tenon::Json names(const Model& model) { return tenon::to_graph(model); }
void bind(Model& model, const tenon::Json& json, const tenon::Graph& graph) { tenon::from_graph(model, json, graph); }
