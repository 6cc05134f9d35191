// A Saver of a map restores into variables of other names: the keys are the names in the checkpoint.
#include "add_model.h"
#include "example.h"

namespace {

void restore_renamed(const std::string& prefix) {
  tn::Graph graph;
  tn::Variable weight = tn::variable(graph, 0.f, "weight");
  tn::Variable bias = tn::variable(graph, 0.f, "bias");
  tn::Saver saver(graph, {{"a", weight}, {"b", bias}});
  tn::Session session(graph);
  saver.restore(session, prefix);
  std::cout << "weight = " << session.run(weight) << ", bias = " << session.run(bias) << '\n';
}

}  // namespace

int main(int argc, char** argv) { return example::main(argc, argv, {save_model, restore_renamed}); }
