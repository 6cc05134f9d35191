// Plan: a request turned into straight lists of steps, before anything is known of shapes.
//
//   Subgraph -> ControlFlow -> blocks of steps -> fused -> Plan          (this file, made once per request)
//   Plan + shapes -> Program                                             (program.h, made once per set of shapes)
//   Program.run()                                                        (execute.h)
//
// Values live in numbered slots. A block is the body of one frame: its steps run in order, each once per iteration.
// Block 0 is the graph outside all loops; a loop is one step of its parent's block.
//
// Order. A step comes after all it depends on; among those that are free to run the oldest node comes first, but one
// that writes a variable waits until nothing else is free, so that whoever may read the old value does so before.
#pragma once

#include <string>
#include <vector>

#include "kernels/kernel.h"
#include "runtime/control_flow.h"
#include "runtime/request.h"

namespace tenon {

struct Step {
  enum class Kind {
    Kernel,  // runs a kernel
    Load,    // takes the current value of the variable that input 0 refers to
    Switch,  // sets its two literals; both outputs are its input
    Merge,   // hands on the input that lives
    Loop,    // runs another block until its condition fails
    Copy,    // hands on its input: Enter, Exit, NextIteration, LoopCond inside blocks
  };
  Kind kind = Kind::Kernel;
  const Node* node = nullptr;
  std::vector<Node*> fused;           // all nodes of a fused step
  KernelMaker* make = nullptr;        // Kernel
  const KernelRow* row = nullptr;     // Kernel, not fused
  std::vector<int> inputs, outputs;   // slots
  Guard guard;
  std::pair<int, int> literals{-1, -1};  // Switch: {no, yes}; Merge: {-1, its own or -1}
  std::vector<Guard> input_guards;       // Merge
  int loop = -1;                         // Loop
  bool runs_first = false;               // in the prologue
};

struct Loop {
  struct Head {
    int value;  // the slot of the Merge
    int enter;  // its slot before the first iteration
    int next;   // its slot for the next one
  };
  int block = 0;
  std::vector<std::pair<int, int>> enters;  // slot outside -> slot inside
  std::vector<Head> heads;
  std::vector<int> conditions;              // slots of LoopCond
  std::vector<std::pair<int, int>> exits;   // slot inside -> slot outside
};

struct SlotInfo {
  DType type = DType::Invalid;
  const Node* node = nullptr;  // who makes it (for messages)
  int index = 0;
};

struct Plan {
  std::vector<std::vector<Step>> blocks;
  std::vector<Loop> loops;
  std::vector<SlotInfo> slots;
  std::vector<int> feeds, fetches;        // slots, as in the request
  std::vector<Guard> fetch_guards;
  std::vector<std::vector<int>> block_literals;  // cleared when an iteration of the block starts
  int num_literals = 0;
  int num_prologue = 0;                   // the first steps of block 0: those that run before shapes are known
  std::vector<const Node*> variables;     // VariableV2 and VarHandleOp nodes: their shapes matter to a Program
  std::vector<std::string> feed_names;
};

// Throws Unimplemented with all operations that have no kernel (how many of each, and one by name).
Plan make_plan(const Request& request, const KernelRegistry& kernels, SessionState& state);

}  // namespace tenon
