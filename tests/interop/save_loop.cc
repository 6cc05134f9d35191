// Saves for ever, until it is killed: what is left behind must be whole. For the interop suite.
//
// usage: save_loop steps|same PREFIX     under PREFIX-1, PREFIX-2, ... or always under PREFIX
// Every element of every variable of a checkpoint is the number of the save, which is printed when it is done.
#include <cstdio>
#include <string>
#include <vector>

#include "tenon/tenon.h"

int main(int argc, char** argv) try {
  if (argc != 3) return std::fputs("usage: save_loop steps|same PREFIX\n", stderr), 2;
  tn::Graph graph;
  const tn::Output number = tn::placeholder(graph, tn::float32, tn::Shape{});
  std::vector<tn::Operation> assignments;
  for (int i = 0; i < 4; ++i) {
    const tn::Variable variable = tn::variable(tn::zeros(graph, {1 << (4 * i), 16}), "v" + std::to_string(i));
    assignments.push_back(tn::assign(variable, tn::fill(graph, {1 << (4 * i), 16}, number)).op());
  }
  tn::Saver saver(graph, tn::SaverOptions{.max_to_keep = 3});
  tn::Session session(graph);
  for (int step = 1;; ++step) {
    session.run({}, {{number, static_cast<float>(step)}}, assignments);
    if (argv[1] == std::string("steps")) {
      saver.save(session, argv[2], step);
    } else {
      saver.save(session, argv[2]);
    }
    std::printf("%d\n", step);
    std::fflush(stdout);
  }
} catch (const tn::Error& error) {
  std::fprintf(stderr, "save_loop: %s\n", error.what());
  return 1;
}
