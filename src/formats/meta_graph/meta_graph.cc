#include "formats/meta_graph/meta_graph.h"

#include <fmt/format.h>

#include "formats/meta_graph/any_text.h"
#include "formats/meta_graph/damage.h"
#include "formats/message/message_io.h"
#include "formats/meta_graph/structure.h"
#include "meta_graph.pb.h"

namespace tenon {
namespace {

// What reading needs to know of a type of message.
template <typename Message>
struct Reader {
  ModelFile kind;
  bool (*is_one)(const Message& message);
  std::string (*damage)(std::string_view bytes, const std::string& file);
};

[[noreturn]] void refuse(std::string_view bytes, const std::string& name, ModelFile wanted, const std::string& damage) {
  const ModelFile found = recognise_model_bytes(bytes);
  const std::string_view wanted_name = model_file_name(wanted);
  if (bytes.empty())
    throw Error(Code::DataLoss, fmt::format("Cannot parse file {}: empty; expected {}", name, wanted_name));
  if (found != ModelFile::Unknown && found != wanted) {
    throw Error(Code::InvalidArgument,
                fmt::format("{}: this is {}; expected {}", name, model_file_name(found), wanted_name));
  }
  throw Error(Code::DataLoss, fmt::format("Cannot parse file {}: damaged, or not {}: {}", name, wanted_name, damage));
}

// Fields without a definition are refused: their numbers are not known, so that nothing could keep them.
bool parse_model_text(std::string_view text, google::protobuf::Message& message, std::string& error) {
  std::string expanded;
  const bool has_any = text.find("[type.googleapis.com/") != std::string_view::npos;
  if (has_any && !expand_any_values(text, expanded, error)) return false;
  return parse_text(has_any ? expanded : text, message, error, UnknownFields::Refuse);
}

template <typename Message>
std::unique_ptr<Message> parse(std::string_view bytes, const std::string& name, const Reader<Message>& reader) {
  auto message = std::make_unique<Message>();
  // A text never parses as the binary form by chance: its first word is one of ours.
  if (!first_word(bytes).empty() && recognise_model_bytes(bytes.substr(0, 4096)) == reader.kind) {
    std::string error;
    if (parse_model_text(bytes, *message, error) && reader.is_one(*message)) return message;
    if (!error.empty()) throw Error(Code::DataLoss, fmt::format("Cannot parse file {}: {}", name, error));
    message->Clear();
  }
  if (parse_binary(bytes, *message)) {
    if (reader.is_one(*message)) return message;
    refuse(bytes, name, reader.kind, "its bytes can be parsed but say nothing that belongs into one");
  }
  refuse(bytes, name, reader.kind, reader.damage(bytes, name));
}

std::string damage_in_saved_model(std::string_view, const std::string&) { return "it cannot be parsed"; }

}  // namespace

std::unique_ptr<proto::MetaGraphDef> parse_meta_graph(std::string_view bytes, const std::string& name) {
  return parse<proto::MetaGraphDef>(bytes, name, {ModelFile::MetaGraph, is_meta_graph, damage_in_meta_graph});
}

std::unique_ptr<proto::GraphDef> parse_graph_def(std::string_view bytes, const std::string& name) {
  return parse<proto::GraphDef>(
      bytes, name,
      {ModelFile::GraphDef, [](const proto::GraphDef& graph) { return is_graph_def(graph); }, damage_in_graph_def});
}

std::unique_ptr<proto::SavedModel> parse_saved_model(std::string_view bytes, const std::string& name) {
  return parse<proto::SavedModel>(bytes, name, {ModelFile::SavedModel, is_saved_model, damage_in_saved_model});
}

std::unique_ptr<proto::MetaGraphDef> read_meta_graph(const std::string& path) {
  return parse_meta_graph(read_file(path, kMostMessageBytes), path);
}

std::unique_ptr<proto::GraphDef> read_graph_def(const std::string& path) {
  return parse_graph_def(read_file(path, kMostMessageBytes), path);
}

std::unique_ptr<proto::SavedModel> read_saved_model(const std::string& path) {
  return parse_saved_model(read_file(path, kMostMessageBytes), path);
}

std::string meta_graph_bytes(const proto::MetaGraphDef& meta, bool as_text) {
  return as_text ? to_text(meta) : to_binary(meta);
}

std::string graph_def_bytes(const proto::GraphDef& graph, bool as_text) {
  return as_text ? to_text(graph) : to_binary(graph);
}

void write_meta_graph(const std::string& path, const proto::MetaGraphDef& meta, bool as_text, AtomicFile::Sync sync) {
  write_file_atomic(path, meta_graph_bytes(meta, as_text), sync);
}

void write_graph_def(const std::string& path, const proto::GraphDef& graph, bool as_text, AtomicFile::Sync sync) {
  write_file_atomic(path, graph_def_bytes(graph, as_text), sync);
}

}  // namespace tenon
