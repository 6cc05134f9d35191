// A small graph for the runtime's tests, written node by node.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "graph/graph_impl.h"
#include "ops/builder.h"
#include "runtime/session_impl.h"
#include "tenon/session.h"

namespace tenon {

struct TestGraph {
  Graph graph;

  Output add(const std::string& type, const std::string& name, std::vector<Output> inputs,
             std::vector<std::pair<std::string, AttrInit>> attrs = {}, std::vector<Operation> controls = {}) {
    std::vector<Node*> control_nodes;
    for (const Operation& control : controls) control_nodes.push_back(control.node());
    return to_output({add_node(graph.impl(), type, name, inputs, std::move(attrs), control_nodes), 0});
  }
  static Output at(const Output& output, int index) { return output.op().output(index); }

  Output constant(const Tensor& value, const std::string& name = "Const", std::vector<Operation> controls = {}) {
    return add("Const", name, {}, {{"value", value}, {"dtype", value.dtype()}}, std::move(controls));
  }
  Output placeholder(DType type, const PartialShape& shape, const std::string& name) {
    return add("Placeholder", name, {}, {{"dtype", type}, {"shape", shape}});
  }
  Output variable(const Tensor& initial, const std::string& name) {
    const Output handle =
        add("VariableV2", name, {}, {{"dtype", initial.dtype()}, {"shape", PartialShape(initial.shape())}});
    add("Assign", name + "/Assign", {handle, constant(initial, name + "/initial")});
    return handle;
  }
  Operation operation(const std::string& name) const { return graph.operation(name); }

  // while (i < limit) { i += 1; total += step; }  ->  {i, total}; the nodes are TensorFlow's.
  std::pair<Output, Output> counting_loop(const Output& limit, const Output& total, const Output& step) {
    const auto enter = [&](const Output& value, const std::string& name, bool constant) {
      return add("Enter", name, {value}, {{"frame_name", std::string("loop")}, {"is_constant", constant}});
    };
    const Output i0 = enter(constant(Tensor(0), "zero"), "enter_i", false), t0 = enter(total, "enter_total", false);
    const Output end = enter(limit, "enter_limit", true), by = enter(step, "enter_step", true);
    const Output i = add("Merge", "merge_i", {i0, i0}), t = add("Merge", "merge_total", {t0, t0});
    const Output go = add("LoopCond", "cond", {add("Less", "less", {i, end})});
    const Output si = add("Switch", "switch_i", {i, go}), st = add("Switch", "switch_total", {t, go});
    const Output i_in = add("Identity", "body_i", {at(si, 1)});
    const Output one = constant(Tensor(1), "one", {i_in.op()});
    const Output next_i = add("NextIteration", "next_i", {add("AddV2", "add_i", {i_in, one})});
    const Output next_t = add("NextIteration", "next_total", {add("AddV2", "add_total", {at(st, 1), by})});
    i.op().node()->inputs[1] = to_edge(next_i);
    t.op().node()->inputs[1] = to_edge(next_t);
    return {add("Exit", "exit_i", {si}), add("Exit", "exit_total", {st})};
  }
};

}  // namespace tenon
