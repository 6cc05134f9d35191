// A Saver of a list restores these variables only: the others have no value until they are initialised.
#include "add_model.h"
#include "example.h"

namespace {

void restore_a(const std::string& prefix) {
  AddModel model{0, 5};
  tn::Session session(model.graph);
  tn::Saver(model.graph, {model.a}).restore(session, prefix);
  std::cout << "a = " << session.run(model.a) << '\n';
  try {
    session.run(model.add);
  } catch (const tn::Error& error) {
    std::cout << error.what() << '\n';
  }
  session.run(model.b.initializer);
  std::cout << "b = " << session.run(model.b) << ", a + b = " << session.run(model.add) << '\n';
}

}  // namespace

int main(int argc, char** argv) { return example::main(argc, argv, {save_model, restore_a}); }
