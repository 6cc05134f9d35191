// expect: tenon: a struct with a base class can't be taken apart
#include "tenon/binding.h"

struct Base {
  tenon::Output y;
};

struct Model
#ifdef TENON_BAD
    : Base
#endif
{
  tenon::Output x;
};

tenon::Json names(const Model& model) { return tenon::to_graph(model); }
void bind(Model& model, const tenon::Json& json, const tenon::Graph& graph) { tenon::from_graph(model, json, graph); }
