// Reads and writes graphs: .meta files (MetaGraphDef), .pb and .pbtxt (GraphDef), saved_model.pb (SavedModel).
//
//   std::unique_ptr<proto::MetaGraphDef> meta = read_meta_graph("model.ckpt.meta");
//   write_meta_graph("copy.meta", *meta);
//
// Bytes: one protobuf message, binary or text; which one is told from the content, not from the name.
//   MetaGraphDef: 1 meta_info_def, 2 graph_def, 3 saver_def, 4 collection_def (map), 5 signature_def (map),
//                 6 asset_file_def, 7 object_graph_def
//   GraphDef:     1 node..., 4 versions, 3 version (old), 2 library, 5 debug_info
//   SavedModel:   1 schema version (1), 2 meta_graphs...
// Fields that these definitions do not have are kept in binary files and refused in text. There is no checksum: damage
// is noticed where it breaks the structure.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/files.h"

namespace tenon {

namespace proto {
class GraphDef;
class MetaGraphDef;
class SavedModel;
}  // namespace proto

enum class ModelFile {
  Unknown,
  MetaGraph,
  GraphDef,
  SavedModel,
  CheckpointState,  // the file called "checkpoint"
  BundleIndex,      // PREFIX.index of a V2 checkpoint
  V1Checkpoint,     // a V1 checkpoint, the whole of it or a shard
  Npz,
  Npy,
  LfsPointer,       // what Git leaves in place of a large file
};

// What the file is, from its content; "a MetaGraphDef", "a NumPy archive (.npz)", ... for messages.
// Throws the errors of base/files.h only.
ModelFile recognise_model_file(const std::string& path);
ModelFile recognise_model_bytes(std::string_view bytes);
std::string_view model_file_name(ModelFile kind);

// Throw NotFound or the like for a file that cannot be read; InvalidArgument for a file of another kind, saying which;
// DataLoss for one that is damaged, saying where; ResourceExhausted for 2 GiB or more, before reading it.
std::unique_ptr<proto::MetaGraphDef> read_meta_graph(const std::string& path);
std::unique_ptr<proto::GraphDef> read_graph_def(const std::string& path);
std::unique_ptr<proto::SavedModel> read_saved_model(const std::string& path);

// The same from bytes; `name` stands for the file in errors.
std::unique_ptr<proto::MetaGraphDef> parse_meta_graph(std::string_view bytes, const std::string& name);
std::unique_ptr<proto::GraphDef> parse_graph_def(std::string_view bytes, const std::string& name);
std::unique_ptr<proto::SavedModel> parse_saved_model(std::string_view bytes, const std::string& name);

// The same message gives the same bytes: maps are sorted by key. Written by way of a temporary file. Throws
// InvalidArgument for a binary message of 2 GiB or more.
void write_meta_graph(const std::string& path, const proto::MetaGraphDef& meta, bool as_text = false,
                      AtomicFile::Sync sync = AtomicFile::Sync::No);
void write_graph_def(const std::string& path, const proto::GraphDef& graph, bool as_text = false,
                     AtomicFile::Sync sync = AtomicFile::Sync::No);
std::string meta_graph_bytes(const proto::MetaGraphDef& meta, bool as_text = false);
std::string graph_def_bytes(const proto::GraphDef& graph, bool as_text = false);

}  // namespace tenon
