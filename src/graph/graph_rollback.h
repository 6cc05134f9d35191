// What a graph was, to be put back if something that takes several steps fails in the middle.
//
//   GraphRollback rollback(graph);
//   import_graph_file(graph, file);
//   saver_from_def(graph, def);      // throws: the graph has none of the file's nodes
//   rollback.keep();
#pragma once

#include <memory>

#include "graph/graph_impl.h"

namespace tenon {

class GraphRollback {
 public:
  explicit GraphRollback(GraphImpl& graph);
  ~GraphRollback();  // takes back what was added to the graph since, unless keep() was called
  GraphRollback(const GraphRollback&) = delete;
  GraphRollback& operator=(const GraphRollback&) = delete;
  void keep() { kept_ = true; }

 private:
  struct State;
  void remove_nodes();
  void remove_signatures();

  GraphImpl& graph_;
  std::unique_ptr<State> state_;
  bool kept_ = false;
};

}  // namespace tenon
