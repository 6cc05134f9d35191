// expect: tenon: only a struct can be bound
#include "tenon/binding.h"

#ifdef TENON_BAD
using Model = int;
#else
struct Model {
  tenon::Output x;
};
#endif

tenon::Json names(const Model& model) { return tenon::to_graph(model); }
void bind(Model& model, const tenon::Json& json, const tenon::Graph& graph) { tenon::from_graph(model, json, graph); }
