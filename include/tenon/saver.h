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

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tenon/graph.h"
#include "tenon/meta_graph.h"
#include "tenon/progress.h"
#include "tenon/restore.h"
#include "tenon/saveable.h"
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
  bool defer_build = false;                        // the nodes are added by build(), not by the constructor
  bool restore_sequentially = false;               // as in TensorFlow: taken, but changes nothing
};

// What a finished save has survived.
//
// Fast: the process may be killed (kill -9) at any point, and then the checkpoint from before or the new one is there.
// A power failure may cost what the system had not yet written, which is what was saved in about the last half minute.
// It is the default, since it runs at the speed of memory and since most programs keep several checkpoints; TensorFlow
// saves in this way, too.
// Durable: the same also for power failures. Every file is on the disk (fsync) before it gets its name, the names are
// before the state file says so, and save() returns when all of it is. Use it where one checkpoint is overwritten over
// and over, or where the newest must not be lost. It takes as long as the disk does; save_async() hides that.
enum class Durability { Fast, Durable };

// The number of a training step: itself, an integer of the graph, or the name of one ("global_step:0").
class GlobalStep {
 public:
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  GlobalStep(T step) : step_(static_cast<std::int64_t>(step)) {}
  GlobalStep(const Output& step) : step_(step) {}
  GlobalStep(const Variable& step) : step_(step.snapshot) {}
  GlobalStep(std::string name) : step_(std::move(name)) {}
  GlobalStep(const char* name) : step_(std::string(name)) {}

  // Throws InvalidArgument for what is no integer, NotFound for an unknown name, and what running it throws.
  std::int64_t value(Session& session) const;

 private:
  std::variant<std::int64_t, Output, std::string> step_;
};

struct SaveOptions {
  std::optional<GlobalStep> global_step;           // appended: "model.ckpt-7"
  std::string latest_filename = "checkpoint";      // the state file, in the folder of the checkpoint
  std::string meta_graph_suffix = "meta";
  bool write_meta_graph = true;
  bool write_state = true;                         // false: no state file, and nothing old is deleted
  bool strip_default_attrs = false;                // in the .meta
  Durability durability = Durability::Fast;
  ProgressFunction progress;                       // told the bytes of the data files
};

class SaverImpl;
class AsyncSave;

// A save that goes on while the program does.
class [[nodiscard]] PendingSave {
 public:
  explicit PendingSave(std::shared_ptr<AsyncSave> save);  // for the library itself
  // Waits for the end. Returns the checkpoint's name; throws what save() would have thrown.
  std::string wait();
  bool done() const;

 private:
  std::shared_ptr<AsyncSave> save_;
};

// A Saver as files describe it: TensorFlow's SaverDef.
struct SaverDef {
  enum class Version { Legacy = 0, V1 = 1, V2 = 2 };  // Legacy is V1

  std::string filename_tensor_name;  // "save/Const:0", which is fed the checkpoint's name
  std::string save_tensor_name;      // "save/control_dependency:0", which is fetched
  std::string restore_op_name;       // "save/restore_all"
  int max_to_keep = 0;
  bool sharded = false;
  float keep_checkpoint_every_n_hours = 0;
  Version version = Version::V2;

  std::string to_bytes() const;                              // the protobuf message
  static SaverDef from_bytes(std::string_view bytes);        // throws DataLoss if it is none
  bool operator==(const SaverDef&) const = default;
};

class Saver {
 public:
  // Saves all global variables and saveable objects that the graph has now. Throws InvalidArgument if there are none,
  // or two of one name; FailedPrecondition if the graph is finalized.
  explicit Saver(Graph& graph, SaverOptions options = {});
  // These only. Throws InvalidArgument for two of one name, one under two names, and what is no variable.
  Saver(Graph& graph, const VarList& variables, SaverOptions options = {});
  // A Saver of nodes that the graph has already; none are added. With a scope, the names are inside it. Throws
  // InvalidArgument if the def does not name its nodes, NotFound if the graph does not have them.
  static Saver from_proto(Graph& graph, const SaverDef& def, std::string_view import_scope = {});
  explicit Saver(std::unique_ptr<SaverImpl> impl);  // for the library itself
  ~Saver();
  Saver(Saver&&) noexcept;
  Saver& operator=(Saver&&) noexcept;

  // Adds the nodes of a Saver made with defer_build, for all variables that the graph has by now. Of a Saver that has
  // them it changes nothing. Throws as the constructor.
  void build();

  // Returns the checkpoint's name, what restore() takes. Throws FailedPrecondition for variables without a value (all
  // of them are named), InvalidArgument if the folder does not exist (one level is made) or the name collides with the
  // state file, and what the file system says: PermissionDenied, ResourceExhausted, ...
  std::string save(Session& session, const std::string& path, const SaveOptions& options = {});
  std::string save(Session& session, const std::string& path, const GlobalStep& global_step) {
    return save(session, path, SaveOptions{.global_step = global_step});
  }

  // The same in a thread of its own, with the values that the variables have now: training goes on at once, and what it
  // changes meanwhile is copied first. An error comes out of wait(); one that nobody has waited for comes out of the
  // next call of this Saver. Another save or restore, and the Saver's end, wait for this one. What needs no file is
  // checked before this returns: variables without a value, names that collide.
  PendingSave save_async(Session& session, const std::string& path, const SaveOptions& options = {});

  // Takes a checkpoint's name, one of its files, or a folder with a state file. Variables need no initialisation
  // before. All or nothing: throws NotFound if a name is missing, InvalidArgument if a type or shape differs, and the
  // message lists everything that does not fit, with the nearest names. DataLoss or OutOfRange for damaged files. The
  // options (restore.h) allow to take what fits, other types, other names. Returns what was done.
  RestoreReport restore(Session& session, const std::string& path, const RestoreOptions& options = {});

  // The graph's variables that this Saver does not save, also those in no collection: what a checkpoint lacks.
  std::vector<std::string> variables_not_saved() const;

  // What this Saver wrote and has not deleted, the oldest first.
  std::vector<std::string> last_checkpoints() const;
  // After a restart: takes the checkpoints that the folder's state file lists under its care, as if this Saver had
  // written them. The next save deletes all that are too many. Does nothing if there is no state file.
  void adopt_checkpoints(const std::string& directory, std::string_view latest_filename = "checkpoint");
  // TensorFlow's ways: these checkpoints instead of those that it knows. Of too many, one is deleted at each save.
  // recover_ leaves out those that do not exist; set_ without times keeps them for ever.
  void recover_last_checkpoints(const std::vector<std::string>& paths);
  void set_last_checkpoints(const std::vector<std::string>& paths);
  void set_last_checkpoints_with_time(std::vector<std::pair<std::string, double>> paths_and_times);

  // Nothing of a Saver without variables, or not yet built. With a scope: without it in front of the names; nothing if
  // they are not all in it.
  std::optional<SaverDef> as_saver_def() const;
  std::optional<SaverDef> to_proto(std::string_view export_scope = {}) const;

  // The graph with its collections and this Saver's names, as save() writes it. Throws what the functions of that name
  // in meta_graph.h do.
  void export_meta_graph(const std::string& path, const ExportMetaGraphOptions& options = {}) const;
  MetaGraphDef export_meta_graph(const ExportMetaGraphOptions& options = {}) const;

  SaverImpl& impl() const { return *impl_; }

 private:
  std::unique_ptr<SaverImpl> impl_;
};

// For code that needs a Saver and was given none: the one in the graph's collection "savers", which a .meta may bring;
// if there is none, a sharded one of all variables (or of nothing), which is put there. Throws FailedPrecondition if
// the collection has several.
Saver get_saver_or_default(Graph& graph);

// Adds the graph of a .meta file (binary or text) or of a message to `graph`, with its collections, and returns its
// Saver. A file without one gives a Saver of all variables, or one that does nothing if the file brought none. Throws
// what import_scoped_meta_graph() does (meta_graph.h), and InvalidArgument for a Saver whose nodes are not there;
// `graph` is unchanged then.
Saver import_meta_graph(Graph& graph, const std::string& path, const ImportMetaGraphOptions& options = {});
Saver import_meta_graph(Graph& graph, const MetaGraphDef& meta_graph, const ImportMetaGraphOptions& options = {});

// The newest checkpoint that the folder's state file names and that exists; nothing if there is none. Where the folder
// was moved, the file of that name inside it is taken. Throws DataLoss or InvalidArgument for a damaged state file.
std::optional<std::string> latest_checkpoint(const std::string& directory,
                                             std::string_view latest_filename = "checkpoint");

// True if there is a checkpoint of that name.
bool checkpoint_exists(const std::string& path);

// When they were written, in seconds since 1970; those that do not exist are left out.
std::vector<double> get_checkpoint_mtimes(const std::vector<std::string>& paths);

// Removes a checkpoint's files and PATH.META_GRAPH_SUFFIX. What is not there, or cannot be removed, is left alone.
void remove_checkpoint(const std::string& path, const std::string& meta_graph_suffix = "meta");

}  // namespace tenon
