// The .meta file alone has the graph and its initialisers, but no values of variables.
#include <filesystem>

#include "add_model.h"
#include "example.h"

namespace {

void remove_the_values(const std::string& prefix) {
  std::filesystem::remove(prefix + ".index");
  std::filesystem::remove(prefix + ".data-00000-of-00001");
}

void initialise(const std::string& prefix) {
  tn::Graph graph;
  tn::import_meta_graph(graph, prefix + ".meta");
  tn::Session session(graph);
  session.run(graph.global_variables_initializer());
  std::cout << "initialised: add:0 = " << session.run("add:0") << '\n';
}

void do_not_initialise(const std::string& prefix) {
  tn::Graph graph;
  tn::import_meta_graph(graph, prefix + ".meta");
  tn::Session session(graph);
  try {
    session.run("a:0");
  } catch (const tn::Error& error) {
    std::cout << error.what() << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) {
  return example::main(argc, argv, {save_model, remove_the_values, initialise, do_not_initialise});
}
