// Saver: writes the variables of a session to a checkpoint and reads them back, as tf.train.Saver.
//
//   tenon::Saver saver(graph);                                   // all global variables; adds TensorFlow's save/ nodes
//   saver.save(session, "model.ckpt");                           // .index, .data-00000-of-00001, .meta, checkpoint
//   saver.save(session, "model.ckpt", step);                     // "model.ckpt-1000"; the newest five are kept
//
//   tenon::Graph restored;
//   tenon::Saver again = tenon::import_meta_graph(restored, "model.ckpt.meta");
//   tenon::Session session2(restored);
//   again.restore(session2, "model.ckpt");
//
//   tenon::Saver partial(graph, {{"old/name", v}});              // v under another name
//   saver.restore(session, *tenon::latest_checkpoint("train"));
//
// The files are TensorFlow's, byte for byte where TensorFlow is deterministic. A save that fails leaves the previous
// checkpoint as it was and no half-written file; a restore that fails changes no variable.
//
// A Saver belongs to one graph, which must outlive it. One thread at a time may use it; sessions may run meanwhile,
// and what they write while a save is going on may or may not be in it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tenon/graph.h"
#include "tenon/session.h"

namespace tenon {

struct SaverOptions {
  int max_to_keep = 5;                             // older checkpoints are deleted; 0: none are
  double keep_checkpoint_every_n_hours = 10000;    // and besides, one is kept for every so many hours
  std::string name = "save";                       // the name scope of the nodes
  std::string filename = "model";                  // what the graph saves to when it is run without a Saver
  bool reshape = false;                            // restore into variables of another shape with as many elements
  bool sharded = false;                            // a data file for each device that variables are on
  bool allow_empty = false;                        // no variables: no error, nothing saved
  bool save_relative_paths = false;                // in the checkpoint state file
  bool pad_step_number = false;                    // "model.ckpt-00000007"
  bool v1_format = false;                          // one table file of the format before 2017
};

struct SaveOptions {
  std::optional<std::int64_t> global_step;         // appended: "model.ckpt-7"
  std::string latest_filename = "checkpoint";      // the state file, in the folder of the checkpoint
  std::string meta_graph_suffix = "meta";
  bool write_meta_graph = true;
  bool write_state = true;                         // false: no state file, and nothing old is deleted
  bool strip_default_attrs = false;                // in the .meta
};

class SaverImpl;

// Which variables: a list, each under its own name, or names with the variables that they stand for.
class VarList {
 public:
  VarList(std::initializer_list<Variable> variables) : variables_(variables) {}
  VarList(std::vector<Variable> variables) : variables_(std::move(variables)) {}
  VarList(std::initializer_list<std::pair<const std::string, Variable>> named) : named_(true), names_(named) {}
  VarList(std::map<std::string, Variable> named) : named_(true), names_(std::move(named)) {}

  bool named() const { return named_; }
  const std::vector<Variable>& variables() const { return variables_; }
  const std::map<std::string, Variable>& names() const { return names_; }

 private:
  bool named_ = false;
  std::vector<Variable> variables_;
  std::map<std::string, Variable> names_;
};

class Saver {
 public:
  // Saves all global variables that the graph has now. Throws InvalidArgument if it has none, or two of one name.
  explicit Saver(Graph& graph, SaverOptions options = {});
  // These variables only. Throws InvalidArgument for two of one name, or one under two names.
  Saver(Graph& graph, const VarList& variables, SaverOptions options = {});
  explicit Saver(std::unique_ptr<SaverImpl> impl);  // for the library itself
  ~Saver();
  Saver(Saver&&) noexcept;
  Saver& operator=(Saver&&) noexcept;

  // Returns the checkpoint's name, what restore() takes. Throws FailedPrecondition for variables without a value (all
  // of them are named), InvalidArgument if the folder does not exist (one level is made) or the name collides with the
  // state file, and what the file system says: PermissionDenied, ResourceExhausted, ...
  std::string save(Session& session, const std::string& path, const SaveOptions& options = {});
  std::string save(Session& session, const std::string& path, std::int64_t global_step) {
    return save(session, path, SaveOptions{.global_step = global_step});
  }

  // Takes a checkpoint's name, one of its files, or a folder with a state file. Variables need no initialisation
  // before. All or nothing: throws NotFound if a name is missing, InvalidArgument if a type or shape differs, and the
  // message lists everything that does not fit, with the nearest names. DataLoss or OutOfRange for damaged files.
  void restore(Session& session, const std::string& path);

  // What this Saver wrote and has not deleted, the oldest first.
  std::vector<std::string> last_checkpoints() const;
  // Takes checkpoints of an earlier run under its care; those that do not exist are left out.
  void recover_last_checkpoints(const std::vector<std::string>& paths);
  // The same with times (seconds since 1970) and without looking at the files.
  void set_last_checkpoints(std::vector<std::pair<std::string, double>> paths_and_times);

  // The graph with its collections and this Saver's names, as save() writes it.
  void export_meta_graph(const std::string& path, bool as_text = false) const;

  SaverImpl& impl() const { return *impl_; }

 private:
  std::unique_ptr<SaverImpl> impl_;
};

struct ImportMetaGraphOptions {
  std::string import_scope;                 // a name scope for all nodes, made unique
  bool clear_devices = false;
  std::map<std::string, Output> input_map;  // values that take the place of the file's: "x:0"
};

// Adds the graph of a .meta file (binary or text) to `graph`, with its collections, and returns its Saver. A file
// without one gives a Saver of all variables, or one that does nothing if there are none. Throws NotFound if there is
// no such file, InvalidArgument or DataLoss if it is not a meta graph or not valid; `graph` is unchanged then.
Saver import_meta_graph(Graph& graph, const std::string& path, const ImportMetaGraphOptions& options = {});

// Writes the graph without a Saver. Throws what the file system says.
void export_meta_graph(const Graph& graph, const std::string& path, bool as_text = false);

// The newest checkpoint that the folder's state file names and that exists; nothing if there is none. Where the folder
// was moved, the file of that name inside it is taken. Throws DataLoss or InvalidArgument for a damaged state file.
std::optional<std::string> latest_checkpoint(const std::string& directory,
                                             std::string_view latest_filename = "checkpoint");

// True if there is a checkpoint of that name.
bool checkpoint_exists(const std::string& path);

}  // namespace tenon
