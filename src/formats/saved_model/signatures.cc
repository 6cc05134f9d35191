#include "formats/saved_model/signatures.h"

#include <fmt/format.h>

#include "formats/tensor_proto/tensor_proto.h"
#include "meta_graph.pb.h"

namespace tenon {
namespace {

bool is_reserved(std::string_view name) { return name == "__saved_model_init_op" || name == "__saved_model_train_op"; }

SignatureTensor tensor_from_proto_info(const proto::TensorInfo& info, const std::string& what) {
  SignatureTensor tensor;
  tensor.name = info.name();
  tensor.values = info.coo_sparse().values_tensor_name();
  tensor.indices = info.coo_sparse().indices_tensor_name();
  tensor.dense_shape = info.coo_sparse().dense_shape_tensor_name();
  tensor.dtype = static_cast<DType>(info.dtype());
  try {
    tensor.shape = partial_shape_from_proto(info.tensor_shape(), what);
  } catch (const Error& error) {
    throw Error(Code::DataLoss, error.what());
  }
  return tensor;
}

void tensor_to_proto_info(const SignatureTensor& tensor, const std::string& what, proto::TensorInfo* info) {
  const bool sparse = !tensor.values.empty() && !tensor.indices.empty() && !tensor.dense_shape.empty();
  if (tensor.name.empty() && !sparse) {
    throw Error(Code::InvalidArgument, fmt::format("Invalid `tensor_info`: {} names no tensor", what));
  }
  if (tensor.dtype == DType::Invalid) {
    throw Error(Code::InvalidArgument, fmt::format("Invalid `tensor_info`: {} must have the dtype field set", what));
  }
  if (sparse) {
    info->mutable_coo_sparse()->set_values_tensor_name(tensor.values);
    info->mutable_coo_sparse()->set_indices_tensor_name(tensor.indices);
    info->mutable_coo_sparse()->set_dense_shape_tensor_name(tensor.dense_shape);
  } else {
    info->set_name(tensor.name);
  }
  info->set_dtype(static_cast<proto::DataType>(base_dtype(tensor.dtype)));
  partial_shape_to_proto(tensor.shape, info->mutable_tensor_shape());
}

}  // namespace

Signatures signatures_from_proto(const proto::MetaGraphDef& graph, const std::string& file) {
  Signatures signatures;
  for (const auto& [name, proto] : graph.signature_def()) {
    if (is_reserved(name)) continue;
    Signature& signature = signatures[name];
    signature.method_name = proto.method_name();
    const std::string where = fmt::format("{}: signature {}", file, name);
    const auto take = [&](const auto& infos, auto& tensors, const char* side) {
      for (const auto& [key, info] : infos) {
        tensors[key] = tensor_from_proto_info(info, fmt::format("{}: {} {}", where, side, key));
      }
    };
    take(proto.inputs(), signature.inputs, "input");
    take(proto.outputs(), signature.outputs, "output");
  }
  return signatures;
}

void signatures_to_proto(const Signatures& signatures, proto::MetaGraphDef* graph) {
  for (const auto& [name, signature] : signatures) {
    if (is_reserved(name)) {
      throw Error(Code::InvalidArgument, fmt::format("SignatureDef map key \"{}\" is reserved for initialization and "
                                                     "training. Please use a different key",
                                                     name));
    }
    proto::SignatureDef& proto = (*graph->mutable_signature_def())[name];
    proto.Clear();
    proto.set_method_name(signature.method_name);
    for (const auto& [key, tensor] : signature.inputs) {
      tensor_to_proto_info(tensor, fmt::format("input {} of signature {}", key, name), &(*proto.mutable_inputs())[key]);
    }
    for (const auto& [key, tensor] : signature.outputs) {
      tensor_to_proto_info(tensor, fmt::format("output {} of signature {}", key, name),
                           &(*proto.mutable_outputs())[key]);
    }
  }
}

}  // namespace tenon
