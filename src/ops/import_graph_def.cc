#include <fmt/format.h>

#include <optional>

#include "base/files.h"
#include "formats/message/message_io.h"
#include "graph.pb.h"
#include "graph/import_graph.h"
#include "ops/shape_inference.h"
#include "tenon/import_graph.h"

namespace tenon {
namespace {

proto::OpList parse_op_list(const std::string& bytes, const std::string& name) {
  proto::OpList list;
  std::string error = "its bytes are no message of this type";
  const auto is_one = [&] {
    for (const auto& op : list.op()) {
      if (op.name().empty()) return false;
    }
    return list.op_size() > 0 && only_unknown(list, 0);
  };
  if (parse_binary(bytes, list) && is_one()) return list;
  list.Clear();
  if (!first_word(bytes).empty() && parse_text(bytes, list, error) && is_one()) return list;
  throw Error(Code::InvalidArgument,
              fmt::format("{}: damaged, or not an OpList: {}; give the list of ops that the graph's "
                          "program knew",
                          name, error));
}

std::optional<proto::OpList> producer_ops(const ImportGraphDefOptions& options) {
  if (!options.producer_op_list.empty()) return parse_op_list(options.producer_op_list, "producer_op_list");
  if (options.producer_op_list_path.empty()) return std::nullopt;
  return parse_op_list(read_file(options.producer_op_list_path), options.producer_op_list_path);
}

// A name scope may end in several slashes; one of them means "again".
std::string as_prefix(std::string name) {
  while (name.size() > 1 && name.ends_with("//")) name.pop_back();
  return name;
}

std::vector<GraphElement> import_file(GraphImpl& graph, const GraphFile& file, const ImportGraphDefOptions& options) {
  graph.check_not_finalized();
  const std::optional<proto::OpList> ops = producer_ops(options);
  ImportOptions import;
  import.prefix = as_prefix(options.name);
  import.input_map = to_edges(options.input_map);
  import.return_elements = options.return_elements;
  import.clear_devices = options.clear_devices;
  import.spread_devices = true;
  import.file_ops = ops ? &*ops : nullptr;
  import.infer_shapes = infer_imported_shapes;
  std::optional<Scope> root;
  if (import.prefix.empty()) root.emplace(graph.name_scope(""));
  try {
    return to_elements(import_graph_file(graph, file, import).returned);
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("{}: {}", file.name(), error.what()));
  }
}

}  // namespace

std::vector<GraphElement> import_graph_def(Graph& graph, const std::string& path,
                                           const ImportGraphDefOptions& options) {
  return import_file(graph.impl(), read_graph_file(path, ModelFile::GraphDef), options);
}

std::vector<GraphElement> import_graph_def_bytes(Graph& graph, std::string bytes, const ImportGraphDefOptions& options,
                                                 const std::string& name) {
  return import_file(graph.impl(), parse_graph_file(std::move(bytes), name, ModelFile::GraphDef), options);
}

}  // namespace tenon
