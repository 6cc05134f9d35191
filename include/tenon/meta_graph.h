// Meta graphs: a graph with its collections, as tf.train.export_meta_graph and import_meta_graph write and read it.
//
//   tenon::export_meta_graph(graph, "model.meta");                                 // binary
//   tenon::export_meta_graph(graph, "model.pbtxt", {.as_text = true});
//   tenon::MetaGraphDef meta = tenon::export_meta_graph(graph);                    // in memory
//
//   tenon::Graph other;                                                            // a part, with another input
//   const auto part = tenon::export_scoped_meta_graph(graph, {.export_scope = "tower/"});
//   const tenon::Output images = tenon::placeholder(other, tenon::float32, {-1, 784});
//   const auto imported = tenon::import_scoped_meta_graph(
//       other, part.meta_graph, {.import_scope = "first", .input_map = {{"$unbound_inputs_images", images}}});
//   imported.variables.at("kernel:0").name();                                      // "first/kernel:0"
//
// What gives or takes a Saver is in saver.h: import_meta_graph(), Saver::export_meta_graph().
//
// An import is all or nothing: if it fails, for whatever reason, graph and collections are as they were. A graph that
// is imported twice is there twice: the collections and the Saver of the second copy name its own nodes. (TensorFlow's
// name those of the first.)
//
// Reading many files into different graphs at once is fine; one graph is for one thread at a time while it changes.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tenon/graph.h"

namespace tenon {

// A meta graph as a message: TensorFlow's MetaGraphDef.
struct MetaGraphDef {
  std::string bytes;                // binary, or text
  std::string name = "meta graph";  // stands for it in errors
};

struct ImportMetaGraphOptions {
  std::string import_scope;                   // a name scope for all nodes, made unique
  bool clear_devices = false;
  std::map<std::string, Output> input_map;    // values that take the place of the file's: "x:0", "^x" (control input)
  // The collection in which the file lists inputs that it has not; input_map must have exactly these. "": none.
  std::string unbound_inputs_col_name = "unbound_inputs";
  std::vector<std::string> return_elements;   // "op" or "op:0", by the names in the file
  // Whether a collection of the file is wanted; null: all are.
  std::function<bool(const std::string& collection)> restore_collections_predicate;
};

struct ExportMetaGraphOptions {
  bool as_text = false;
  std::optional<std::vector<std::string>> collection_list;  // these collections only
  // Only what is in this scope, without the scope in front. Inputs from outside become "$unbound_inputs_NAME". As in
  // TensorFlow, "h" takes also "h2/x" along, whose name begins so; "h/" does not.
  std::string export_scope;
  bool clear_devices = false;
  bool clear_extraneous_savers = false;  // without the nodes and descriptions of other Savers
  bool strip_default_attrs = false;      // without attributes that have their op's default
  // Besides, NAME.debug with the stacks of the nodes. They are Python's: a graph of tenon's has none, and the file is
  // as empty as TensorFlow's for a graph that was imported.
  bool save_debug_info = false;
  std::string unbound_inputs_col_name = "unbound_inputs";  // lists the inputs from outside; "": nothing does
};

// What import_scoped_meta_graph returns.
struct ImportedScope {
  std::map<std::string, Variable> variables;  // the global ones, by their names in the file: "v:0"
  std::vector<std::variant<Operation, Output>> returned;  // one for each of return_elements
};

// Adds a graph and its collections, but makes no Saver. Takes the path of a file, binary or text, or a message. Throws
// NotFound (with the nearest names) or FailedPrecondition for what is no file, DataLoss for a damaged one, saying
// where; InvalidArgument for a file of another kind, a graph that is not valid, and options that do not fit it.
ImportedScope import_scoped_meta_graph(Graph& graph, const std::string& path,
                                       const ImportMetaGraphOptions& options = {});
ImportedScope import_scoped_meta_graph(Graph& graph, const MetaGraphDef& meta_graph,
                                       const ImportMetaGraphOptions& options = {});

// The graph without a Saver. Throws InvalidArgument for one of 2 GiB or more, before anything is written, and what the
// file system says.
void export_meta_graph(const Graph& graph, const std::string& path, const ExportMetaGraphOptions& options = {});
MetaGraphDef export_meta_graph(const Graph& graph, const ExportMetaGraphOptions& options = {});

struct ExportedScope {
  MetaGraphDef meta_graph;
  std::map<std::string, Variable> variables;  // the global ones in it, by their names in the message: "v:0"
};
ExportedScope export_scoped_meta_graph(const Graph& graph, const ExportMetaGraphOptions& options = {});

// Exports the one scope and imports it as the other. Returns the new variables, by their names without scope. Throws
// InvalidArgument if both are the same, or the scope has inputs from outside.
std::map<std::string, Variable> copy_scoped_meta_graph(const std::string& from_scope, const std::string& to_scope,
                                                       const Graph& from_graph, Graph& to_graph);

// Writes the nodes alone, a GraphDef. Makes the folder and those above it. Returns the path. Throws what
// export_meta_graph() does.
std::string write_graph(const Graph& graph, const std::string& directory, const std::string& name, bool as_text = true);

}  // namespace tenon
