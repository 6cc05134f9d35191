// SavedModels: a graph with its variables, files and signatures in a folder, as tf.saved_model writes and loads them.
//
//   tenon::simple_save(session, "export/1", {{"images", x}}, {{"scores", y}});
//
//   tenon::Graph graph;
//   tenon::Session session(graph);
//   const auto model = tenon::load_saved_model(session, "export/1", {"serve"});
//   const tenon::Signature& serving = model.signature("serving_default");
//   const tenon::Tensor scores = session.run(graph.tensor(serving.outputs.at("scores").name),
//                                            {{graph.tensor(serving.inputs.at("images").name), images}});
//
//   for (const auto& [name, signature] : tenon::SavedModel("export/1").signatures({"serve"})) ...   // without a graph
//
// A folder has one or more graphs, told apart by their tags, and one set of variables. What TensorFlow 2 writes can be
// listed, and its variables read; its functions do not run.
//
// A SavedModel is a value: copies share what was read, and many threads may use one. It takes only libtenon_formats.
// The others take libtenon; they are for one thread at a time, and the graph must outlive them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tenon/checkpoint.h"
#include "tenon/graph.h"
#include "tenon/saver.h"
#include "tenon/session.h"

namespace tenon {

// One input or output: a tensor of the graph, or the three that are a sparse one.
struct SignatureTensor {
  SignatureTensor() = default;
  SignatureTensor(const Output& tensor);  // its name, type and shape

  std::string name;                          // "x:0"; empty for a sparse one
  std::string values, indices, dense_shape;  // names, for a sparse one only
  DType dtype = DType::Invalid;
  PartialShape shape;
};

// What can be asked of a model: which tensors to feed and which to fetch, by names that do not change with the graph.
struct Signature {
  std::string method_name = "tensorflow/serving/predict";
  std::map<std::string, SignatureTensor> inputs, outputs;
};

using Signatures = std::map<std::string, Signature>;  // "serving_default", ...
using Tags = std::vector<std::string>;                // {"serve"}; their order does not count

// True if there is a saved_model.pb or saved_model.pbtxt in the folder.
bool contains_saved_model(const std::string& directory);

// What is in the folder, read without a graph.
class SavedModel {
 public:
  // Reads saved_model.pb, or else saved_model.pbtxt. Throws NotFound if there is neither, DataLoss if the file is
  // damaged.
  explicit SavedModel(const std::string& directory);

  const std::string& directory() const;
  std::vector<Tags> tag_sets() const;  // of its graphs, in the order of the file

  // Of the graph with exactly these tags. These throw NotFound, listing the sets of tags that there are, if it has
  // none.
  const Signatures& signatures(const Tags& tags) const;
  std::string tensorflow_version(const Tags& tags) const;  // that wrote it
  // The files that the graph needs: the path of each by the name of the tensor to be fed with it.
  std::map<std::string, std::string> assets(const Tags& tags) const;

  // Some graphs have no variables.
  bool has_variables() const;
  std::string variables_prefix() const;  // the name of the checkpoint
  Checkpoint variables() const;          // throws what its constructor does

 private:
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

struct LoadSavedModelOptions {
  std::string import_scope;  // a name scope for all nodes, made unique
  bool clear_devices = false;
  std::map<std::string, Output> input_map;  // values that take the place of the file's: "x:0"
};

class LoadedSavedModel {
 public:
  // With the names that the nodes have in the graph.
  const Signatures& signatures() const;
  const Signature& signature(std::string_view name) const;  // throws NotFound with the names that there are
  // Restores the variables; then runs the operation that the model wants to be run, with the paths of its files. Throws
  // what Saver::restore() and Session::run() do.
  void restore(Session& session);
  Saver& saver();  // of the model's variables; does nothing if it has none

  ~LoadedSavedModel();
  LoadedSavedModel(LoadedSavedModel&&) noexcept;
  LoadedSavedModel& operator=(LoadedSavedModel&&) noexcept;
  struct Impl;
  explicit LoadedSavedModel(std::unique_ptr<Impl> impl);  // for the library itself

 private:
  std::unique_ptr<Impl> impl_;
};

// Adds the graph with exactly these tags to `graph`; it can be loaded several times, under different names. Throws
// NotFound if there is no SavedModel or no such graph, listing the sets of tags that there are; DataLoss for damaged
// files; InvalidArgument for a graph that is not valid. `graph` is unchanged then.
LoadedSavedModel load_saved_model(Graph& graph, const std::string& directory, const Tags& tags,
                                  const LoadSavedModelOptions& options = {});
// The same for the graph of the session, and restores it: tf.saved_model.loader.load.
LoadedSavedModel load_saved_model(Session& session, const std::string& directory, const Tags& tags,
                                  const LoadSavedModelOptions& options = {});

// What a graph is saved with.
struct SavedGraphOptions {
  Signatures signatures;
  std::vector<Output> assets;  // constants that are paths of files, which are copied into the folder
  Operation main_op;           // run after loading: initialises lookup tables and the like
  bool clear_devices = false;
  bool strip_default_attrs = false;
  Saver* saver = nullptr;  // that saves the variables; null: one is made, for all variables that the graph has
};

// Makes a SavedModel of one or more graphs that share variables. Before save() everything is made under another name,
// which ends in ".tmp" and numbers: beside the folder, or in it if it is there already. It is removed if save() is not
// called or fails.
class SavedModelBuilder {
 public:
  // Folders above it are made when they are needed. Throws AlreadyExists if the folder is there and not empty, and
  // FailedPrecondition if it is a file.
  explicit SavedModelBuilder(std::string directory);
  ~SavedModelBuilder();
  SavedModelBuilder(SavedModelBuilder&&) noexcept;
  SavedModelBuilder& operator=(SavedModelBuilder&&) noexcept;

  // The graph of the session, and the values of its variables: once, for the first graph. Adds TensorFlow's nodes of a
  // Saver to the graph. Throws FailedPrecondition if it was called before or variables have no value, InvalidArgument
  // for a signature or an asset that cannot be.
  void add_meta_graph_and_variables(Session& session, const Tags& tags, const SavedGraphOptions& options = {});
  // Another graph with the same variables. Throws FailedPrecondition before the first one.
  void add_meta_graph(Graph& graph, const Tags& tags, const SavedGraphOptions& options = {});

  // Gives everything its place; saved_model.pb comes last. Returns its path. Throws what the file system says.
  std::string save(bool as_text = false);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The usual case: one graph with the tag "serve" and one signature, "serving_default". Devices are not saved.
// `legacy_init_op` is what SavedGraphOptions calls main_op. Throws what SavedModelBuilder does.
void simple_save(Session& session, const std::string& directory, const std::map<std::string, Output>& inputs,
                 const std::map<std::string, Output>& outputs, const Operation& legacy_init_op = {});

}  // namespace tenon
