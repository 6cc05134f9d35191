// TensorFlow 1's control flow, read from the graph: which loop each node belongs to, and on which branches it lives.
//
// Frames. Enter leads into a frame (a loop), Exit out of it; every other node is in the frame of its inputs. A frame
// becomes a loop that runs its nodes over and over (see plan.h).
//
// Guards. Switch sends its input to one of two outputs; what follows from an output that got nothing is dead and does
// not run, until a Merge joins the branches. A literal is one side of one predicate; a node's guard is the set of
// literals that must hold for it to run. Merges of both sides of a predicate give back the guard of the Switch; any
// other Merge makes a literal of its own ("one of my inputs came").
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/request.h"

namespace tenon {

bool is_switch(const Node& node);          // Switch, RefSwitch
bool is_merge(const Node& node);           // Merge, RefMerge
bool is_enter(const Node& node);           // Enter, RefEnter
bool is_exit(const Node& node);            // Exit, RefExit
bool is_next_iteration(const Node& node);  // NextIteration, RefNextIteration
bool is_loop_head(const Node& node);       // a Merge with a NextIteration among its inputs
bool is_order_only(const Node& node);      // NoOp, ControlTrigger: they compute nothing
bool is_structural(const Node& node);      // any of these, or LoopCond: the planner deals with it, it needs no kernel

using Guard = std::vector<int>;  // literal numbers, sorted; none of them implied by another

struct Frame {
  int parent = -1;
  std::string name;
};

struct ControlFlow {
  std::vector<Frame> frames;  // frames[0]: outside all loops
  std::unordered_map<const Node*, int> frame;
  std::unordered_map<const Node*, Guard> guard;
  // Of a Switch: {output 0 lives, output 1 lives}. Of a Merge that needs one: {-1, its literal}.
  std::unordered_map<const Node*, std::pair<int, int>> literals;
  std::vector<int> literal_frame;  // the frame of each literal

  std::map<int, Guard> loop_guards;  // of a loop in its parent: that of all its Enters

  // When a value lives, seen by the node that takes it: what entered a loop lives there always, what left one lives
  // if the loop ran.
  Guard value_guard(Edge from) const;
  Guard control_guard(const Node* from) const;
};

// Throws InvalidArgument for frames that do not nest.
ControlFlow read_control_flow(const Subgraph& part);

}  // namespace tenon
