#include <fmt/format.h>

#include <map>

#include "cli/ls.h"
#include "formats/meta_graph/meta_graph.h"
#include "meta_graph.pb.h"
#include "tenon/dtype.h"
#include "tenon/error.h"

namespace tenon {
namespace {

using nlohmann::ordered_json;

ordered_json shape_json(const proto::TensorShapeProto& shape) {
  if (shape.unknown_rank()) return nullptr;
  ordered_json dims = ordered_json::array();
  for (const auto& dim : shape.dim()) dims.push_back(dim.size());
  return dims;
}

std::string type_of(const proto::NodeDef& node) {
  const auto attr = node.attr().find("dtype");
  return attr == node.attr().end() ? "" : dtype_name(static_cast<DType>(attr->second.type()));
}

ordered_json node_json(const proto::NodeDef& node) {
  ordered_json json{{"name", node.name() + ":0"}, {"dtype", type_of(node)}};
  const auto shape = node.attr().find("shape");
  if (shape != node.attr().end()) json["shape"] = shape_json(shape->second.shape());
  return json;
}

ordered_json operations_json(const proto::GraphDef& graph) {
  std::map<std::string, int> counts;
  for (const proto::NodeDef& node : graph.node()) ++counts[node.op()];
  std::vector<std::pair<std::string, int>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  ordered_json json = ordered_json::object();
  for (const auto& [type, count] : sorted) json[type] = count;
  return json;
}

ordered_json graph_json(const proto::GraphDef& graph) {
  ordered_json json{{"nodes", graph.node_size()}, {"operations", operations_json(graph)}};
  json["inputs"] = json["variables"] = ordered_json::array();
  for (const proto::NodeDef& node : graph.node()) {
    if (node.op() == "Placeholder" || node.op() == "PlaceholderWithDefault") json["inputs"].push_back(node_json(node));
    if (node.op() == "VariableV2" || node.op() == "Variable" || node.op() == "VarHandleOp") {
      json["variables"].push_back(node_json(node));
    }
  }
  if (graph.library().function_size() > 0) {
    json["functions"] = ordered_json::array();
    for (const auto& function : graph.library().function()) json["functions"].push_back(function.signature().name());
  }
  return json;
}

int collection_size(const proto::CollectionDef& collection) {
  switch (collection.kind_case()) {
    case proto::CollectionDef::kNodeList: return collection.node_list().value_size();
    case proto::CollectionDef::kBytesList: return collection.bytes_list().value_size();
    case proto::CollectionDef::kInt64List: return collection.int64_list().value_size();
    case proto::CollectionDef::kFloatList: return collection.float_list().value_size();
    case proto::CollectionDef::kAnyList: return collection.any_list().value_size();
    default: return 0;
  }
}

template <typename Infos>
ordered_json infos_json(const Infos& infos) {
  const std::map sorted(infos.begin(), infos.end());
  ordered_json json = ordered_json::object();
  for (const auto& [key, info] : sorted) {
    json[key] = {{"name", info.name()},
                 {"dtype", dtype_name(static_cast<DType>(info.dtype()))},
                 {"shape", shape_json(info.tensor_shape())}};
  }
  return json;
}

ordered_json meta_graph_json(const proto::MetaGraphDef& meta) {
  ordered_json json = graph_json(meta.graph_def());
  const auto& info = meta.meta_info_def();
  if (info.tags_size() > 0) json["tags"] = std::vector<std::string>(info.tags().begin(), info.tags().end());
  if (!info.tensorflow_version().empty()) json["tensorflow_version"] = info.tensorflow_version();
  const std::map collections(meta.collection_def().begin(), meta.collection_def().end());
  json["collections"] = ordered_json::object();
  for (const auto& [name, collection] : collections) json["collections"][name] = collection_size(collection);
  const std::map signatures(meta.signature_def().begin(), meta.signature_def().end());
  json["signatures"] = ordered_json::object();
  for (const auto& [name, signature] : signatures) {
    json["signatures"][name] = {{"method", signature.method_name()},
                                {"inputs", infos_json(signature.inputs())},
                                {"outputs", infos_json(signature.outputs())}};
  }
  if (meta.has_saver_def()) {
    json["saver"] = {{"filename", meta.saver_def().filename_tensor_name()},
                     {"save", meta.saver_def().save_tensor_name()},
                     {"restore", meta.saver_def().restore_op_name()}};
  }
  return json;
}

}  // namespace

nlohmann::ordered_json list_graph(const ModelPath& model) {
  ordered_json listing{{"kind", "graph"}, {"format", ""}, {"path", model.path}, {"graphs", ordered_json::array()}};
  if (model.kind == ModelKind::MetaGraph) {
    listing["format"] = "MetaGraphDef";
    listing["graphs"].push_back(meta_graph_json(*read_meta_graph(model.path)));
  } else if (model.kind == ModelKind::GraphDef) {
    listing["format"] = "GraphDef";
    listing["graphs"].push_back(graph_json(*read_graph_def(model.path)));
  } else {
    listing["format"] = "SavedModel";
    const auto saved = read_saved_model(model.path);
    for (const auto& meta : saved->meta_graphs()) listing["graphs"].push_back(meta_graph_json(meta));
  }
  return listing;
}

}  // namespace tenon
