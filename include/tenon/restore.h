// Restoring with more say than Saver::restore(session, path) has: what fits only, other types, other names, a dry run.
//
//   tenon::RestoreReport report = saver.restore(session, "model.ckpt", {.mode = tenon::RestoreMode::Matching});
//   for (const auto& missing : report.missing) use(missing.key, missing.nearest);
//   if (report.rename) saver.restore(session, "model.ckpt", {.rename = *report.rename});
//
//   // Without a Saver, and without new nodes in the graph; one stored tensor may go into many variables:
//   tenon::restore_variables(session, "model.ckpt", {{"encoder/w", w}, {"encoder/b", b}});
//
// In all of them everything is looked up, checked and read before any variable changes: what throws has changed
// nothing.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenon/progress.h"
#include "tenon/saveable.h"
#include "tenon/session.h"

namespace tenon {

enum class RestoreMode {
  Strict,    // all of it or nothing
  Matching,  // variables whose name, type and shape are in the checkpoint; the report says which are not
};

enum class RestoreCast {
  None,   // another type is an error
  Exact,  // numbers of another type, if every value is the same afterwards (1.0 as an int32, 0.5 as a float16)
  Any,    // numbers of another type, rounded and cut as the operation Cast does
};

// How names of the checkpoint differ from those of variables: what gives the stored name for a variable's.
struct RenameRule {
  enum class Where {
    Front,     // `to` instead of `from` at the beginning; "" for `from` puts `to` in front
    End,       // the same at the end
    Part,      // `to` instead of `from` as a part between slashes
    Anywhere,  // `to` instead of `from` wherever it stands
  };
  Where where = Where::Front;
  std::string from, to;

  std::string operator()(const std::string& name) const;
  std::string to_string() const;  // "'model/' in front of each name"
};

struct RestoreOptions {
  RestoreMode mode = RestoreMode::Strict;
  RestoreCast cast = RestoreCast::None;
  bool dry_run = false;  // checks names, types and shapes, reads no values, changes nothing
  std::function<std::string(const std::string&)> rename = {};  // the stored name for a variable's; a RenameRule will do
  // Variables that are given a stored tensor besides those of the Saver, by its name in the checkpoint. One tensor may
  // stand for several.
  std::multimap<std::string, Variable> also = {};
  // The variables' memory is the mapped file, which is read when they are used: milliseconds for a model of any size.
  // Numbers in V2 checkpoints only, as far as the file has them aligned; the rest is read. What training changes is
  // copied page by page; the file stays as it is. Nobody may write into the file meanwhile (a save does not, it makes
  // new files). Checksums are compared only with check_mapped, which reads all of it.
  bool mapped = false;
  bool check_mapped = false;
  ProgressFunction progress = {};  // told the bytes read
};

struct RestoreReport {
  struct Missing {
    std::string key, variable;         // the name that is not there, and the operation that wanted it
    std::vector<std::string> nearest;  // names that are; only for the first 50
  };
  struct Mismatch {
    std::string key, variable;
    std::string expected, found;  // shapes "[2,3]" or types "float32"
  };

  std::vector<std::string> restored;  // names of variables, or of other operations that restore; in a dry run: would be
  std::vector<Missing> missing;
  std::vector<Mismatch> shape, dtype;
  std::vector<std::string> extra;  // names of the checkpoint that nobody asked for
  std::optional<RenameRule> rename;  // what would find most of the missing names
  std::size_t found_with_rename = 0, wanted = 0;  // ... so many of so many

  bool complete() const { return missing.empty() && shape.empty() && dtype.empty(); }
  std::string to_string() const;  // for people
};

// Restores variables, pieces and all, straight from a checkpoint; no nodes are added. A list takes variables by their
// own names. Throws as Saver::restore; InvalidArgument for a SaveableObject, which only a Saver can restore.
RestoreReport restore_variables(Session& session, const std::string& path, const VarList& variables,
                                const RestoreOptions& options = {});

}  // namespace tenon
