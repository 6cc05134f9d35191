// SaverDef between a Saver, its public form and the message of the files.
#include <fmt/format.h>

#include <algorithm>

#include "graph/names.h"
#include "saver/saver_impl.h"
#include "tenon/error.h"

namespace tenon {
namespace {

SaverDef from_message(const proto::SaverDef& message) {
  return {.filename_tensor_name = message.filename_tensor_name(),
          .save_tensor_name = message.save_tensor_name(),
          .restore_op_name = message.restore_op_name(),
          .max_to_keep = message.max_to_keep(),
          .sharded = message.sharded(),
          .keep_checkpoint_every_n_hours = message.keep_checkpoint_every_n_hours(),
          .version = static_cast<SaverDef::Version>(message.version())};
}

proto::SaverDef to_message(const SaverDef& def) {
  proto::SaverDef message;
  message.set_filename_tensor_name(def.filename_tensor_name);
  message.set_save_tensor_name(def.save_tensor_name);
  message.set_restore_op_name(def.restore_op_name);
  message.set_max_to_keep(def.max_to_keep);
  message.set_sharded(def.sharded);
  message.set_keep_checkpoint_every_n_hours(def.keep_checkpoint_every_n_hours);
  message.set_version(static_cast<proto::SaverDef::CheckpointFormatVersion>(def.version));
  return message;
}

std::string with_slash(std::string_view scope) {
  return scope.empty() || scope.ends_with('/') ? std::string(scope) : fmt::format("{}/", scope);
}

void check_node(const GraphImpl& graph, const char* field, const std::string& name) {
  if (name.empty()) throw Error(Code::InvalidArgument, fmt::format("saver_def must specify the {}", field));
  const auto parsed = parse_output_name(name);
  if (!parsed || !graph.find(parsed->node)) {
    throw Error(Code::NotFound, fmt::format("saver_def's {} is '{}', which is not in the graph", field, name));
  }
}

}  // namespace

std::unique_ptr<SaverImpl> saver_from_def(GraphImpl& graph, const proto::SaverDef& def) {
  SaverOptions options;
  options.max_to_keep = std::max(def.max_to_keep(), 0);
  options.keep_checkpoint_every_n_hours = def.keep_checkpoint_every_n_hours();
  options.sharded = def.sharded();
  options.v1_format = def.version() == proto::SaverDef::V1 || def.version() == proto::SaverDef::LEGACY;
  return std::make_unique<SaverImpl>(graph, def, std::move(options));
}

std::string SaverDef::to_bytes() const { return to_message(*this).SerializeAsString(); }

SaverDef SaverDef::from_bytes(std::string_view bytes) {
  proto::SaverDef message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    throw Error(Code::DataLoss,
                fmt::format("saver_def must be a saver_pb2.SaverDef: {} bytes that are none", bytes.size()));
  }
  return from_message(message);
}

Saver Saver::from_proto(Graph& graph, const SaverDef& def, std::string_view import_scope) {
  proto::SaverDef message = to_message(def);
  const std::string scope = with_slash(import_scope);
  for (auto* name : {message.mutable_filename_tensor_name(), message.mutable_save_tensor_name(),
                     message.mutable_restore_op_name()}) {
    if (!name->empty()) *name = scope + *name;
  }
  check_node(graph.impl(), "save_tensor_name", message.save_tensor_name());
  check_node(graph.impl(), "restore_op_name", message.restore_op_name());
  check_node(graph.impl(), "filename_tensor_name", message.filename_tensor_name());
  return Saver(saver_from_def(graph.impl(), message));
}

std::optional<SaverDef> Saver::as_saver_def() const { return to_proto(); }

std::optional<SaverDef> Saver::to_proto(std::string_view export_scope) const {
  if (!impl_->def()) return std::nullopt;
  SaverDef def = from_message(*impl_->def());
  const std::string scope = with_slash(export_scope);
  for (auto* name : {&def.filename_tensor_name, &def.save_tensor_name, &def.restore_op_name}) {
    if (!name->starts_with(scope)) return std::nullopt;
    name->erase(0, scope.size());
  }
  return def;
}

}  // namespace tenon
