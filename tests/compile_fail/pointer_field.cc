// expect: tenon: hold tenon::Output and tenon::Operation by value, not by pointer
#include "tenon/binding.h"

struct Model {
  tenon::Output x;
#ifdef TENON_BAD
  tenon::Operation* train_step = nullptr;
#endif
};

tenon::Json names(const Model& model) { return tenon::to_graph(model); }
void bind(Model& model, const tenon::Json& json, const tenon::Graph& graph) { tenon::from_graph(model, json, graph); }
