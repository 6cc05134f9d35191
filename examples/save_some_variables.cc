// A Saver of a list saves these variables only; one of a map saves them under other names.
#include "add_model.h"
#include "example.h"

namespace {

void save_list(const std::string& prefix) {
  AddModel model{1, 2};
  tn::Session session(model.graph);
  session.run(model.graph.global_variables_initializer());
  tn::Saver(model.graph, {model.a}).save(session, prefix + "-list");
  for (const auto& saved : tn::list_variables(prefix + "-list")) {
    std::cout << "list: " << saved.name << " is saved\n";
  }
}

void load_list(const std::string& prefix) {
  AddModel model{0, 0};
  tn::Session session(model.graph);
  session.run(model.graph.global_variables_initializer());
  tn::Saver(model.graph, {model.a}).restore(session, prefix + "-list");
  std::cout << "list: a = " << session.run(model.a) << ", b = " << session.run(model.b) << '\n';
}

void save_dict(const std::string& prefix) {
  AddModel model{1, 2};
  tn::Session session(model.graph);
  session.run(model.graph.global_variables_initializer());
  tn::Saver(model.graph, {{"first", model.a}, {"second", model.b}}).save(session, prefix + "-dict");
  for (const auto& saved : tn::list_variables(prefix + "-dict")) {
    std::cout << "dict: " << saved.name << " is saved\n";
  }
}

void load_dict(const std::string& prefix) {
  tn::Graph graph;
  tn::Variable first = tn::variable(graph, 0.f, "first"), second = tn::variable(graph, 0.f, "second");
  tn::Session session(graph);
  tn::Saver(graph).restore(session, prefix + "-dict");
  std::cout << "dict: first = " << session.run(first) << ", second = " << session.run(second) << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  return example::main(argc, argv, {save_list, load_list, save_dict, load_dict});
}
