// The initialiser before restoring does no harm, and is not needed; after restoring it undoes it.
#include "add_model.h"
#include "example.h"

namespace {

void initialise_first(const std::string& prefix) {
  AddModel model{0, 0};
  tn::Session session(model.graph);
  session.run(model.graph.global_variables_initializer());
  tn::Saver(model.graph).restore(session, prefix);
  std::cout << "initialise, restore: a + b = " << session.run(model.add) << '\n';
}

void initialise_last(const std::string& prefix) {
  AddModel model{0, 0};
  tn::Session session(model.graph);
  tn::Saver(model.graph).restore(session, prefix);
  session.run(model.graph.global_variables_initializer());
  std::cout << "restore, initialise: a + b = " << session.run(model.add) << '\n';
}

void restore_alone(const std::string& prefix) {
  AddModel model{0, 0};
  tn::Session session(model.graph);
  tn::Saver(model.graph).restore(session, prefix);
  std::cout << "restore alone: a + b = " << session.run(model.add) << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  return example::main(argc, argv, {save_model, initialise_first, initialise_last, restore_alone});
}
