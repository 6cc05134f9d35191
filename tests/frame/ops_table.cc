// The table of operations in docs/ops.md, from the registries.
//
// usage: ops_table           prints it
//        ops_table FILE      exit 0 if FILE is that text, 1 if not
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "gradients/gradient.h"
#include "ops/shape_inference.h"
#include "runtime/registry.h"

namespace {

std::string table() {
  std::vector<std::string> ops = tenon::kernel_registry().ops();
  for (const char* planned : {"Enter", "Exit", "LoopCond", "Merge", "NextIteration", "NoOp", "ControlTrigger",
                              "RefEnter", "RefExit", "RefMerge", "RefNextIteration", "RefSwitch", "Switch"}) {
    ops.push_back(planned);
  }
  std::sort(ops.begin(), ops.end());
  std::string text =
      "# Operations that run\n\n"
      "Any graph opens; these operations also run. \"shapes\": their output shapes are inferred when a graph is "
      "built.\n"
      "\"gradient\": tenon::train::gradients goes through them. (Gradients that a graph already contains need only "
      "the\n"
      "operations they consist of.)\n\n"
      "This file is made by `build/release/bin/ops_table > docs/ops.md`; a test compares the two.\n\n"
      "| operation | shapes | gradient |\n|---|---|---|\n";
  for (const std::string& op : ops) {
    text += "| " + op + " | " + (tenon::find_shape_function(op) ? "yes" : "") + " | " +
            (tenon::gradient_registry().find(op) ? "yes" : "") + " |\n";
  }
  return text + "\n" + std::to_string(ops.size()) + " operations.\n";
}

}  // namespace

int main(int argc, char** argv) {
  const std::string now = table();
  if (argc < 2) return std::fputs(now.c_str(), stdout), 0;
  std::ifstream file(argv[1]);
  const std::string written{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (written == now) return 0;
  std::fprintf(stderr, "%s is not what the registries say; write it anew: ops_table > %s\n", argv[1], argv[1]);
  return 1;
}
