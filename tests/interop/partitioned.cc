// Partitioned variables, for the interop suite (test_partitioned.py).
//
// usage: partitioned FROM PIECES AXIS TO [v1]    restores every tensor of a checkpoint into a variable of its name, cut
//                                                into so many pieces along an axis (0: not cut), and saves them
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tenon/tenon.h"

namespace {

void make_variable(tn::Graph& graph, const tn::CheckpointVariable& variable, std::int64_t pieces, int axis) {
  const tn::VariableOptions options{.dtype = variable.dtype, .initializer = tn::zeros_initializer()};
  if (pieces == 0) tn::get_variable(graph, variable.name, variable.shape, options);
  else tn::get_variable(graph, variable.name, variable.shape, tn::fixed_size_partitioner(pieces, axis), options);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 5) {
    std::fputs("usage: partitioned FROM PIECES AXIS TO [v1]\n", stderr);
    return 2;
  }
  tn::Graph graph;
  for (const tn::CheckpointVariable& variable : tn::list_variables(argv[1])) {
    make_variable(graph, variable, std::atoi(argv[2]), std::atoi(argv[3]));
  }
  tn::Saver saver(graph, {.v1_format = argc > 5});
  tn::Session session(graph);
  saver.restore(session, argv[1]);
  saver.save(session, argv[4]);
} catch (const tn::Error& error) {
  std::fprintf(stderr, "partitioned: %s: %s\n", std::string(tn::code_name(error.code())).c_str(), error.what());
  return 1;
}
