// What one run(a + b) of scalars costs.
//
// usage: run_overhead fed|variables     a and b are placeholders fed with 1 and 2, or variables that hold them
#include <cstdio>
#include <string>

#include "line_protocol.h"
#include "tenon/ops.h"
#include "tenon/tenon.h"

namespace {

int serve_fed() {
  tn::Graph graph;
  const tn::Output a = tn::placeholder(graph, tn::float32, tn::Shape()),
                   b = tn::placeholder(graph, tn::float32, tn::Shape());
  const tn::Output sum = a + b;
  tn::Session session(graph);
  return tn::bench::serve([&](int steps) {
    float value = 0;
    for (int i = 0; i < steps; ++i) value = session.run(sum, {{a, 1.f}, {b, 2.f}}).scalar<float>();
    return value;
  });
}

int serve_variables() {
  tn::Graph graph;
  const tn::Variable a = tn::variable(graph, 1.f), b = tn::variable(graph, 2.f);
  const tn::Output sum = a + b;
  tn::Session session(graph);
  session.run(graph.global_variables_initializer());
  return tn::bench::serve([&](int steps) {
    float value = 0;
    for (int i = 0; i < steps; ++i) value = session.run(sum).scalar<float>();
    return value;
  });
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string mode = argc == 2 ? argv[1] : "";
  if (mode == "fed") return serve_fed();
  if (mode == "variables") return serve_variables();
  std::fputs("usage: run_overhead fed|variables\n", stderr);
  return 2;
} catch (const std::exception& error) {
  std::fprintf(stderr, "run_overhead: %s\n", error.what());
  return 1;
}
