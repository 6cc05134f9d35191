// Program: a plan specialised for the shapes of one kind of run, ready to execute.
//
// Specialising walks the plan's steps once with what is known about each value: nothing, its shape, or the value
// itself. Steps whose inputs are known run at once and become constants (a TensorFlow graph is full of
// Shape/StridedSlice/Pack arithmetic, which folds away); the others are prepared for the shapes that are known, or
// stay "dynamic": prepared while running, whenever the shapes they see change.
//
// Outputs of prepared steps outside loops get a fixed place in one arena, memory of dead values being reused. The
// rest (fetched values, values of unknown size, values inside loops) comes from the buffer cache.
//
// A Program is used by one run at a time.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "kernels/kernel.h"
#include "runtime/plan.h"

namespace tenon {

// What comes from outside a program: feeds, and what the prologue made.
struct Given {
  int slot;
  Tensor tensor;
};

struct ProgramKey {
  std::vector<std::pair<DType, std::optional<Shape>>> givens;  // no shape: any
  std::vector<std::uint64_t> shape_versions;                   // of the plan's variables
  bool operator==(const ProgramKey&) const = default;
};

struct ExecStep {
  Step::Kind kind;
  const Step* step = nullptr;
  std::unique_ptr<Kernel> kernel;
  std::vector<Slot*> inputs, outputs;
  std::vector<OutputPlan> plans;  // one per output
  std::vector<DType> types;       // of the outputs
  std::vector<bool> bound;        // outputs whose slot already has its memory
  bool prepared = false;          // at specialisation; false: prepare while running
  bool all_bound = false;
  bool calls_run = true;          // false: all outputs are aliases
  bool has_references = false;    // an output is a reference to a variable
  bool placeable = false;         // its Placed outputs may lie in the arena
  std::vector<Slot*> release;     // their last use is here
  VariableState* variable = nullptr;  // Load of a variable known from the start
  std::optional<Shape> loads;     // Load: the shape that the steps after it are prepared for
  bool provides = false;          // an output is Provided: its shape is checked
  std::vector<Shape> seen;        // dynamic: the shapes it was last prepared for
};

struct ExecBlock {
  std::vector<ExecStep> steps;
  std::vector<Slot*> transient;  // slots to clear when the block is done
};

// Memory for the placed values of one run at a time.
struct Arena {
  std::shared_ptr<Buffer> buffer;  // borrowed
  std::size_t bytes() const { return buffer ? buffer->bytes() : 0; }
};

// Where the time of a session's runs went; see SessionImpl::profile.
struct StepTime {
  std::string name, type;  // of the node; a fused step's types joined by "+"
  std::int64_t calls = 0;
  double seconds = 0;
};
using Profile = std::map<const Step*, StepTime>;

class Program {
 public:
  // Constants of the plan (by slot), shared by its programs.
  using Constants = std::unordered_map<int, Tensor>;

  Program(const Plan& plan, ProgramKey key, const std::vector<Given>& givens, SessionState& state, Constants& constants,
          int first_step, int last_step);
  ~Program();

  const ProgramKey& key() const { return key_; }
  std::size_t arena_bytes() const { return arena_bytes_; }

  // Runs all steps and returns the tensors in `slots` (moved out where nobody else has them). On an error, no value
  // is kept.
  // `profile`, if given, takes the time of each step outside loops.
  std::vector<Tensor> run(std::vector<Given> givens, const Arena& arena, const std::vector<int>& slots,
                          const std::vector<Guard>& guards, Profile* profile = nullptr);

  // For tests and profiles: how many steps outside loops run, and how many of them are dynamic.
  struct Counts { int steps, dynamic, constants; };
  Counts counts() const;

 private:
  friend class Specialiser;
  friend class Placer;

  void bind(const Arena& arena);
  void run_block(int block);
  void run_profiled(ExecStep& step);
  void run_step(ExecStep& step);
  void run_kernel(ExecStep& step);
  void prepare(ExecStep& step);
  void make_outputs(ExecStep& step);
  static void check_provided(const ExecStep& step);
  void run_load(ExecStep& step);
  void run_switch(ExecStep& step);
  void run_merge(ExecStep& step);
  void run_loop(ExecStep& step);
  bool alive(const Guard& guard) const;
  void clear_transient();

  struct Placement { int slot; DType type; Shape shape; std::size_t offset; };

  const Plan& plan_;
  ProgramKey key_;
  std::vector<Slot> slots_;
  std::vector<ExecBlock> blocks_;
  std::vector<unsigned char> literals_;
  std::vector<Placement> placements_;
  std::size_t arena_bytes_ = 0;
  std::weak_ptr<Buffer> bound_;
  Profile* profile_ = nullptr;
};

}  // namespace tenon
