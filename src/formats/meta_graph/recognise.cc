#include <algorithm>

#include "base/byte_reader.h"
#include "formats/message/message_io.h"
#include "formats/meta_graph/meta_graph.h"
#include "formats/meta_graph/structure.h"
#include "formats/table/table_reader.h"
#include "meta_graph.pb.h"
#include "tenon/error.h"

namespace tenon {
namespace {

struct Word {
  std::string_view word;
  ModelFile kind;
};

constexpr Word kWords[] = {
    {"node", ModelFile::GraphDef},
    {"versions", ModelFile::GraphDef},
    {"version", ModelFile::GraphDef},
    {"library", ModelFile::GraphDef},
    {"meta_info_def", ModelFile::MetaGraph},
    {"graph_def", ModelFile::MetaGraph},
    {"saver_def", ModelFile::MetaGraph},
    {"collection_def", ModelFile::MetaGraph},
    {"signature_def", ModelFile::MetaGraph},
    {"asset_file_def", ModelFile::MetaGraph},
    {"object_graph_def", ModelFile::MetaGraph},
    {"saved_model_schema_version", ModelFile::SavedModel},
    {"meta_graphs", ModelFile::SavedModel},
    {"model_checkpoint_path", ModelFile::CheckpointState},
    {"all_model_checkpoint_paths", ModelFile::CheckpointState},
};

ModelFile table_kind(std::string_view bytes) {
  try {
    const Table table(std::string(bytes), "");
    if (table.entries().empty() || !table.entries().front().key.empty()) return ModelFile::Unknown;
    // V1's first entry holds a message (field 1, length-delimited), V2's a number of shards.
    return table.entries().front().value.starts_with('\x0a') ? ModelFile::V1Checkpoint : ModelFile::BundleIndex;
  } catch (const Error&) {
    return ModelFile::BundleIndex;  // by its end; opening it will say what is damaged
  }
}

ModelFile binary_kind(std::string_view bytes) {
  proto::SavedModel saved_model;
  if (parse_binary(bytes, saved_model) && is_saved_model(saved_model)) return ModelFile::SavedModel;
  proto::GraphDef graph;
  if (parse_binary(bytes, graph) && is_graph_def(graph)) return ModelFile::GraphDef;
  proto::MetaGraphDef meta;
  if (parse_binary(bytes, meta) && is_meta_graph(meta)) return ModelFile::MetaGraph;
  return ModelFile::Unknown;
}

}  // namespace

ModelFile recognise_model_bytes(std::string_view bytes) {
  if (bytes.ends_with("\x57\xfb\x80\x8b\x24\x75\x47\xdb")) return table_kind(bytes);
  if (bytes.starts_with("PK\x03\x04") || bytes.starts_with("PK\x05\x06")) return ModelFile::Npz;
  if (bytes.starts_with("\x93NUMPY")) return ModelFile::Npy;
  if (bytes.starts_with("version https://git-lfs.github.com/spec/")) return ModelFile::LfsPointer;
  const std::string_view word = first_word(bytes);
  for (const Word& known : kWords) {
    if (known.word == word) return known.kind;
  }
  return bytes.empty() ? ModelFile::Unknown : binary_kind(bytes);
}

ModelFile recognise_model_file(const std::string& path) { return recognise_model_bytes(read_file(path)); }

std::string_view model_file_name(ModelFile kind) {
  switch (kind) {
    case ModelFile::Unknown: return "a file of unknown kind";
    case ModelFile::MetaGraph: return "a MetaGraphDef";
    case ModelFile::GraphDef: return "a GraphDef";
    case ModelFile::SavedModel: return "a SavedModel";
    case ModelFile::CheckpointState: return "a checkpoint state file";
    case ModelFile::BundleIndex: return "the index of a checkpoint";
    case ModelFile::V1Checkpoint: return "a V1 checkpoint";
    case ModelFile::Npz: return "a NumPy archive (.npz)";
    case ModelFile::Npy: return "a NumPy array (.npy)";
    case ModelFile::LfsPointer: return "a Git LFS pointer, not the file itself (fetch it with \"git lfs pull\")";
  }
  return "a file of unknown kind";
}

}  // namespace tenon
