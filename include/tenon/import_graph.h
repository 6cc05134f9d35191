// import_graph_def: the operations of a graph in a file (GraphDef, .pb or .pbtxt) become part of a graph, as
// tf.import_graph_def does it.
//
//   tenon::Graph graph;
//   tenon::import_graph_def(graph, "frozen.pb");                  // "import/x"; the next time "import_1/x"
//   tenon::import_graph_def(graph, "frozen.pb", {.name = ""});    // "x"
//
//   // A part of a graph between values of one's own:
//   tenon::Output images = tenon::placeholder(graph, tenon::float32, {-1, 28, 28, 1});
//   const auto found = tenon::import_graph_def(graph, "frozen.pb", {.name = "net",
//                                                                   .input_map = {{"images:0", images}},
//                                                                   .return_elements = {"logits:0", "train"}});
//   tenon::Output logits = std::get<tenon::Output>(found[0]);
//   tenon::Operation train = std::get<tenon::Operation>(found[1]);
//
// Operations that tenon does not know are imported as well, with all that the file says of them; they fail when they
// are run. What the file says of devices stays with the operations, and all run on the CPU.
//
// The graph keeps the bytes it needs; the file may go. One thread at a time may change a graph.
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "tenon/graph.h"

namespace tenon {

using GraphElement = std::variant<Operation, Output>;

struct ImportGraphDefOptions {
  // A name scope for the operations, made unique inside the current one. "x/": the scope x is entered again. "": no
  // scope; each name that is taken gets a number ("x_1").
  std::string name = "import";
  // Values of this graph that take the place of the file's: "x" or "x:0" for an output, "^x" for control dependencies
  // on x. What they replace is imported as well, but the file need not have it.
  std::map<std::string, Output> input_map = {};
  // Operations ("x") and outputs ("x:0"), by their names in the file, to be returned in this order.
  std::vector<std::string> return_elements = {};
  // The operations that the program which wrote the file knew: an OpList, binary or text; or the path of a file with
  // one. Attributes that came later than this version of tenon and have their default are dropped.
  std::string producer_op_list = {};
  std::string producer_op_list_path = {};
  bool clear_devices = false;
};

// Adds the operations of a file, binary or text. Scopes that are open (names, control dependencies, devices) apply to
// them. Returns what the options ask for.
//
// Throws NotFound if there is no such file, DataLoss or InvalidArgument if it is no GraphDef, InvalidArgument if the
// graph is not valid or the options name what it does not have, Unimplemented for an operation that was removed before
// the file's version, FailedPrecondition if the graph is finalized. `graph` is unchanged then.
std::vector<GraphElement> import_graph_def(Graph& graph, const std::string& path,
                                           const ImportGraphDefOptions& options = {});

// The same from bytes in memory; `name` stands for the file in errors.
std::vector<GraphElement> import_graph_def_bytes(Graph& graph, std::string bytes,
                                                 const ImportGraphDefOptions& options = {},
                                                 const std::string& name = "GraphDef");

}  // namespace tenon
