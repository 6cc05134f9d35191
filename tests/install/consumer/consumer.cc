#include <tenon/tenon.h>

#include <iostream>

struct Model {
  tn::Output x;
};

int main() {
  tn::Graph graph;
  Model model{tn::placeholder(graph, tn::float32, {1}, "x")};
  tn::Session session(graph);
  session.run({model.x}, {{model.x, tn::Tensor({1}, {1.f})}});
  std::cout << tn::to_graph(model) << '\n';
}
