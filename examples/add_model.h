// The model of the Saver examples: two variables and their sum.
#pragma once

#include <string>

#include "tenon/tenon.h"

struct AddModel {
  float first_a, first_b;  // what the initialisers give the variables
  tn::Graph graph;
  tn::Variable a = tn::variable(graph, first_a, "a");
  tn::Variable b = tn::variable(graph, first_b, "b");
  tn::Output add = a + b;
};

// a = 1 and b = 2, for others to restore.
inline void save_model(const std::string& prefix) {
  AddModel model{1, 2};
  tn::Session session(model.graph);
  session.run(model.graph.global_variables_initializer());
  tn::Saver(model.graph).save(session, prefix);
}
