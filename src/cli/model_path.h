// What people mean by MODEL on the command line: a checkpoint's name ("model.ckpt"), any of its files, a folder with a
// state file "checkpoint", a .meta, .pb or .pbtxt, or a SavedModel's folder. Told from what the files contain.
#pragma once

#include <string>

namespace tenon {

enum class ModelKind { Bundle, V1Checkpoint, MetaGraph, GraphDef, SavedModel };

struct ModelPath {
  ModelKind kind;
  std::string path;  // Bundle and V1Checkpoint: the checkpoint's name; else the file
};

// Throws NotFound if there is no such thing, with what there is instead; InvalidArgument for a file that is no model.
ModelPath resolve_model(const std::string& argument);

// The checkpoint that belongs to a model: itself; a .meta's of the same name; a SavedModel's variables; "" if none.
std::string checkpoint_of(const ModelPath& model);

// The .meta of a checkpoint, "" if there is none.
std::string meta_of(const std::string& checkpoint);

}  // namespace tenon
