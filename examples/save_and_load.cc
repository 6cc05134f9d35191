// A model is saved, and its variables are loaded into a graph that is built the same way again.
#include "add_model.h"
#include "example.h"

namespace {

void save(const std::string& prefix) {
  AddModel model{1, 2};
  tn::Saver saver(model.graph);
  tn::Session session(model.graph);
  session.run(model.graph.global_variables_initializer());
  std::cout << "a + b = " << session.run(model.add) << '\n';
  saver.save(session, prefix);
}

void load(const std::string& prefix) {
  AddModel model{0, 0};
  tn::Saver saver(model.graph);
  tn::Session session(model.graph);
  saver.restore(session, prefix);
  std::cout << "a = " << session.run(model.a) << ", b = " << session.run(model.b) << '\n';
  std::cout << "a + b = " << session.run(model.add) << '\n';
}

}  // namespace

int main(int argc, char** argv) { return example::main(argc, argv, {save, load}); }
