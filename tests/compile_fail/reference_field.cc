// expect: tenon: a bound struct can't have references as fields
#include "tenon/binding.h"

#ifdef TENON_BAD
extern tenon::Output shared;
#endif

struct Model {
  tenon::Output x;
#ifdef TENON_BAD
  tenon::Output& y = shared;
#endif
};

tenon::Json names(const Model& model) { return tenon::to_graph(model); }
void bind(Model& model, const tenon::Json& json, const tenon::Graph& graph) { tenon::from_graph(model, json, graph); }
