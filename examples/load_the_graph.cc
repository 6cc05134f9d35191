// The graph and the variables are loaded from the files: no line of the model is written again.
#include "add_model.h"
#include "example.h"

namespace {

void load(const std::string& prefix) {
  tn::Graph graph;
  tn::Saver saver = tn::import_meta_graph(graph, prefix + ".meta");
  tn::Session session(graph);
  saver.restore(session, prefix);
  std::cout << "add:0 = " << session.run("add:0") << '\n';
}

}  // namespace

int main(int argc, char** argv) { return example::main(argc, argv, {save_model, load}); }
