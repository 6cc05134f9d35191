// Restoring without a Saver.
#include <fmt/format.h>

#include "runtime/session_impl.h"
#include "saver/checkpoint_files.h"
#include "saver/saved_object.h"
#include "saver/values.h"
#include "tenon/error.h"

namespace tenon {

RestoreReport restore_variables(Session& session, const std::string& path, const VarList& variables,
                                const RestoreOptions& options) {
  const GraphImpl& graph = session.impl().graph_impl();
  RestorePlan plan;
  for (const SavedObject& object : wanted_objects(variables)) {
    if (!object.variable) {
      throw Error(
          Code::InvalidArgument,
          fmt::format("{} is a saveable object, which only a Saver can restore, with nodes of its own", object.name));
    }
    RestorePiece piece = piece_of(graph, object.tensors[0].key, *object.variable);
    piece.slice = object.tensors[0].slice;
    piece.renamed = false;
    plan.pieces.push_back(std::move(piece));
  }
  for (const auto& [name, variable] : options.also) plan.pieces.push_back(piece_of(graph, name, variable));
  return restore_pieces(session, plan, resolve_checkpoint(path), options);
}

}  // namespace tenon
