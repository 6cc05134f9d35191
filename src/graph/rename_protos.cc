#include "graph/rename_protos.h"

#include "formats/message/message_io.h"
#include "meta_graph.pb.h"

namespace tenon {
namespace {

void rename_all(const Renamer& name, google::protobuf::RepeatedPtrField<std::string>& values) {
  for (std::string& value : values) value = name(value);
}

void rename_values(const Renamer& name, proto::ValuesDef& values) {
  rename_all(name, *values.mutable_values());
  google::protobuf::Map<std::string, std::string> external;
  for (const auto& [key, value] : values.external_values()) external[name(key)] = name(value);
  *values.mutable_external_values() = std::move(external);
}

void rename_context(const Renamer& name, proto::CondContextDef& context);
void rename_context(const Renamer& name, proto::WhileContextDef& context);

void rename_nested(const Renamer& name, google::protobuf::RepeatedPtrField<proto::ControlFlowContextDef>& contexts) {
  for (auto& nested : contexts) {
    if (nested.has_cond_ctxt()) rename_context(name, *nested.mutable_cond_ctxt());
    if (nested.has_while_ctxt()) rename_context(name, *nested.mutable_while_ctxt());
  }
}

void rename_context(const Renamer& name, proto::CondContextDef& context) {
  context.set_context_name(name(context.context_name()));
  context.set_pred_name(name(context.pred_name()));
  context.set_pivot_name(name(context.pivot_name()));
  rename_values(name, *context.mutable_values_def());
  rename_nested(name, *context.mutable_nested_contexts());
}

void rename_context(const Renamer& name, proto::WhileContextDef& context) {
  context.set_context_name(name(context.context_name()));
  context.set_pivot_name(name(context.pivot_name()));
  context.set_pivot_for_pred_name(name(context.pivot_for_pred_name()));
  context.set_pivot_for_body_name(name(context.pivot_for_body_name()));
  context.set_maximum_iterations_name(name(context.maximum_iterations_name()));
  rename_all(name, *context.mutable_loop_exit_names());
  rename_all(name, *context.mutable_loop_enter_names());
  rename_values(name, *context.mutable_values_def());
  rename_nested(name, *context.mutable_nested_contexts());
}

void rename_context(const Renamer& name, proto::QueueRunnerDef& runner) {
  runner.set_queue_name(name(runner.queue_name()));
  runner.set_close_op_name(name(runner.close_op_name()));
  runner.set_cancel_op_name(name(runner.cancel_op_name()));
  rename_all(name, *runner.mutable_enqueue_op_name());
}

void rename_context(const Renamer& name, proto::SaverDef& saver) { name.rename(saver); }

template <typename Message>
std::string renamed(const Renamer& name, const std::string& bytes) {
  Message message;
  if (!parse_binary(bytes, message)) return bytes;
  rename_context(name, message);
  return to_binary(message);
}

template <typename Message>
std::string field_of(const std::string& bytes, const std::string& (Message::*field)() const) {
  Message message;
  return parse_binary(bytes, message) ? (message.*field)() : "";
}

}  // namespace

Renamer Renamer::without_scope(std::string_view scope) {
  return Renamer([scope = std::string(scope)](std::string_view name) {
    if (!name.starts_with(scope)) return std::string(name);
    const std::string_view rest = name.substr(scope.size());
    const std::size_t begin = rest.find_first_not_of('/');
    return std::string(begin == 0 || begin == std::string_view::npos ? name : rest.substr(begin));
  });
}

std::string Renamer::operator()(std::string_view name) const {
  if (name.empty()) return {};
  const bool control = name.front() == '^';
  if (control) name.remove_prefix(1);
  const std::size_t colon = name.find(':');
  std::string result = control ? "^" : "";
  result += node_name_(name.substr(0, colon));
  if (colon != std::string_view::npos) result += name.substr(colon);
  return result;
}

void Renamer::rename(proto::VariableDef& variable) const {
  variable.set_variable_name((*this)(variable.variable_name()));
  variable.set_initializer_name((*this)(variable.initializer_name()));
  variable.set_snapshot_name((*this)(variable.snapshot_name()));
  variable.set_initial_value_name((*this)(variable.initial_value_name()));
  if (!variable.has_save_slice_info_def()) return;
  auto& slice = *variable.mutable_save_slice_info_def();
  slice.set_full_name((*this)(slice.full_name()));
}

void Renamer::rename(proto::SaverDef& saver) const {
  saver.set_filename_tensor_name((*this)(saver.filename_tensor_name()));
  saver.set_save_tensor_name((*this)(saver.save_tensor_name()));
  saver.set_restore_op_name((*this)(saver.restore_op_name()));
}

std::string Renamer::rename_item(const std::string& collection, const std::string& bytes) const {
  if (collection == "cond_context") return renamed<proto::CondContextDef>(*this, bytes);
  if (collection == "while_context") return renamed<proto::WhileContextDef>(*this, bytes);
  if (collection == "queue_runners") return renamed<proto::QueueRunnerDef>(*this, bytes);
  if (collection == "savers") return renamed<proto::SaverDef>(*this, bytes);
  return bytes;
}

std::string named_by_item(const std::string& collection, const std::string& bytes) {
  if (collection == "cond_context") return field_of<proto::CondContextDef>(bytes, &proto::CondContextDef::context_name);
  if (collection == "while_context")
    return field_of<proto::WhileContextDef>(bytes, &proto::WhileContextDef::context_name);
  if (collection == "queue_runners") return field_of<proto::QueueRunnerDef>(bytes, &proto::QueueRunnerDef::queue_name);
  return "";
}

}  // namespace tenon
