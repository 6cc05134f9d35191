#include <algorithm>

#include "base/byte_reader.h"
#include "formats/message/message_io.h"
#include "formats/meta_graph/meta_graph.h"
#include "formats/meta_graph/structure.h"
#include "formats/table/table_file.h"
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

// From the value of the first entry: V1's is a message with a list, V2's begins with a number of shards.
ModelFile kind_by_header(std::string_view value) {
  return value.starts_with('\x0a') ? ModelFile::V1Checkpoint : ModelFile::BundleIndex;
}

// A table that has lost its end still begins like one: an entry with the empty key.
ModelFile kind_by_beginning(std::string_view bytes) {
  if (!bytes.starts_with(std::string_view("\0\0", 2))) return ModelFile::Unknown;
  try {
    ByteReader reader(bytes.substr(2), "");
    reader.varint64("length of the value");
    const std::uint8_t field = reader.u8("field");
    const std::uint64_t number = reader.varint64("length of the list, or number of shards");
    const std::uint8_t next = reader.u8("field");
    if (field == 0x0a && number > 0 && (next == 0x0a || next == 0x12)) return ModelFile::V1Checkpoint;
    if (field == 0x08 && (next == 0x10 || next == 0x1a)) return ModelFile::BundleIndex;
  } catch (const Error&) {
  }
  return ModelFile::Unknown;
}

ModelFile table_kind(std::string_view bytes) {
  try {
    const Table table(std::string(bytes), "");
    if (table.entries().empty() || !table.entries().front().key.empty()) return ModelFile::Unknown;
    return kind_by_header(table.entries().front().value);
  } catch (const Error&) {
    // Opening it will say what is damaged.
    const ModelFile kind = kind_by_beginning(bytes);
    return kind == ModelFile::Unknown ? ModelFile::BundleIndex : kind;
  }
}

// The same for a table that is better not read as a whole.
ModelFile table_file_kind(const std::string& path) {
  try {
    const TableFile table(path);
    const TableFile::Found header = table.find("");
    if (header.block != nullptr) return kind_by_header(header.value);
    return ModelFile::Unknown;
  } catch (const Error&) {
    const RandomFile file(path);
    std::string begin(std::min<std::uint64_t>(file.size(), 64), '\0');
    file.read(0, begin.size(), begin.data());
    const ModelFile kind = kind_by_beginning(begin);
    return kind == ModelFile::Unknown ? ModelFile::BundleIndex : kind;
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
  if (bytes.ends_with(kTableMagic)) return table_kind(bytes);
  if (bytes.starts_with("PK\x03\x04") || bytes.starts_with("PK\x05\x06")) return ModelFile::Npz;
  if (bytes.starts_with("\x93NUMPY")) return ModelFile::Npy;
  if (bytes.starts_with("version https://git-lfs.github.com/spec/")) return ModelFile::LfsPointer;
  if (const ModelFile kind = kind_by_beginning(bytes); kind != ModelFile::Unknown) return kind;
  const std::string_view word = first_word(bytes);
  for (const Word& known : kWords) {
    if (known.word == word) return known.kind;
  }
  return bytes.empty() ? ModelFile::Unknown : binary_kind(bytes);
}

ModelFile recognise_model_file(const std::string& path) {
  {
    const RandomFile file(path);
    std::string end(std::min<std::uint64_t>(file.size(), kTableMagic.size()), '\0');
    file.read(file.size() - end.size(), end.size(), end.data());
    if (end == kTableMagic) return table_file_kind(path);
    if (file.size() > kMostMessageBytes) return ModelFile::Unknown;
  }
  return recognise_model_bytes(read_file(path));
}

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
