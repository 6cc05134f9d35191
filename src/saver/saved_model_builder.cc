#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>

#include "base/files.h"
#include "formats/message/message_io.h"
#include "formats/meta_graph/meta_graph.h"
#include "formats/saved_model/saved_model_files.h"
#include "formats/saved_model/signatures.h"
#include "graph/graph_extra.h"
#include "meta_graph.pb.h"
#include "saver/saver_impl.h"
#include "tenon/saved_model.h"

namespace tenon {
namespace {

namespace fs = std::filesystem;

constexpr int kSchemaVersion = 1;
constexpr const char* kAssets = "saved_model_assets";
constexpr const char* kAssetFilepaths = "asset_filepaths";  // where tables note the files that they read
constexpr const char* kMainOp = "saved_model_main_op";
constexpr const char* kLegacyInitOp = "legacy_init_op";

[[noreturn]] void throw_system(const std::string& path, const char* what, const std::error_code& error) {
  throw file_error(path, what, error.value());
}

// Beside the folder, so that it can get the name as a whole; in it, if it is there already (it may be a mounted disk).
std::string staging_name(const std::string& directory, bool inside) {
  static std::atomic<unsigned> count = 0;
  const std::string ending = fmt::format(".tmp{}-{}", ::getpid(), ++count);
  if (inside) return (fs::path(directory) / ending).string();
  fs::path path(directory);
  if (path.filename().empty()) path = path.parent_path();  // "export/"
  return path.string() + ending;
}

void check_is_free(const std::string& directory) {
  if (directory.empty()) throw Error(Code::InvalidArgument, "the folder of a SavedModel needs a name");
  if (!file_exists(directory)) return;
  if (!is_directory(directory)) {
    throw Error(Code::FailedPrecondition, fmt::format("{} is a file; a SavedModel is a folder", directory));
  }
  std::error_code ignored;
  if (fs::is_empty(directory, ignored)) return;
  throw Error(
      Code::AlreadyExists,
      fmt::format("Export directory {} already exists, and isn't empty. Please choose a different export directory, "
                  "or delete all the contents of the specified directory",
                  directory));
}

bool same_content(const std::string& a, const std::string& b) {
  return a == b || (fs::file_size(a) == fs::file_size(b) && read_file(a) == read_file(b));
}

// The path that a constant holds.
std::string path_of_asset(const Output& asset) {
  const auto refuse = [&](const std::string& why) {
    throw Error(Code::InvalidArgument, fmt::format("Asset path tensor {} {}", asset.name(), why));
  };
  if (asset.op().type() != "Const")
    refuse(fmt::format("must be of type constant. Has type {} instead", asset.op().type()));
  const Tensor value = asset.op().attr<Tensor>("value");
  if (value.dtype() != DType::String)
    refuse(fmt::format("must be of dtype string. Has type {} instead", dtype_name(value.dtype())));
  if (value.elements() != 1) refuse("must be a scalar");
  if (value.data<std::string>()[0].empty()) refuse("is invalid: it is empty");
  return value.data<std::string>()[0];
}

// What a builder notes in the graph, as TensorFlow's does.
void note_main_op(GraphImpl& graph, const Operation& main_op) {
  if (!main_op.bound()) return;
  for (const char* collection : {kMainOp, kLegacyInitOp}) {
    const auto found = graph.node_collections().find(collection);
    if (found == graph.node_collections().end() || found->second.empty()) continue;
    throw Error(Code::InvalidArgument,
                fmt::format("Graph already contains one or more main ops under the collection {}", collection));
  }
  graph.node_collections()[kMainOp].push_back(main_op.name());
}

}  // namespace

struct SavedModelBuilder::Impl {
  std::string directory, staging;
  proto::SavedModel model;
  std::map<std::string, std::string> assets;  // name in the folder -> where it is from
  bool staging_inside = false, has_variables = false, saved = false;

  ~Impl() {
    std::error_code ignored;
    if (!staging.empty()) fs::remove_all(staging, ignored);
  }

  // Notes the assets in the graph, and copies their files.
  void add_assets(const std::vector<Output>& tensors, GraphImpl& graph);
  std::string name_of_asset(const std::string& path) const;
  void add_graph(Saver& saver, const Tags& tags, const SavedGraphOptions& options);
  void place(const std::string& model_file);
};

std::string SavedModelBuilder::Impl::name_of_asset(const std::string& path) const {
  const std::string name = fs::path(path).filename().string();
  std::string unique = name;
  for (int i = 1;; ++i) {
    const auto known = assets.find(unique);
    if (known == assets.end() || same_content(known->second, path)) return unique;
    unique = fmt::format("{}_{}", name, i);
  }
}

void SavedModelBuilder::Impl::add_assets(const std::vector<Output>& tensors, GraphImpl& graph) {
  for (const Output& tensor : tensors) {
    const std::string path = path_of_asset(tensor);
    const std::string name = name_of_asset(path);
    proto::AssetFileDef asset;
    asset.mutable_tensor_info()->set_name(tensor.name());
    asset.set_filename(name);
    if (assets.emplace(name, path).second) {
      make_directories(staging + "/assets");
      std::error_code error;
      fs::copy_file(path, saved_asset_path(staging, name), error);
      if (error) throw_system(path, "cannot copy this asset", error);
    }
    auto* any = GraphAccess::extra(graph).other_collections[kAssets].mutable_any_list()->add_value();
    any->set_type_url("type.googleapis.com/tensorflow.AssetFileDef");
    any->set_value(to_binary(asset));
  }
}

void SavedModelBuilder::Impl::add_graph(Saver& saver, const Tags& tags, const SavedGraphOptions& options) {
  const MetaGraphDef meta = saver.export_meta_graph(ExportMetaGraphOptions{
      .clear_devices = options.clear_devices, .strip_default_attrs = options.strip_default_attrs});
  const auto graph = parse_meta_graph(meta.bytes, directory);
  // What came with a file that the graph was loaded from is not said of what is saved now.
  graph->mutable_meta_info_def()->clear_tags();
  graph->clear_signature_def();
  graph->clear_asset_file_def();
  graph->clear_object_graph_def();
  graph->GetReflection()->MutableUnknownFields(graph.get())->Clear();
  if (options.clear_devices) graph->mutable_graph_def()->mutable_library();  // TensorFlow writes an empty one then
  for (const std::string& tag : tags) graph->mutable_meta_info_def()->add_tags(tag);
  signatures_to_proto(options.signatures, graph.get());
  *model.add_meta_graphs() = std::move(*graph);
}

// saved_model.pb comes last: without it the folder is no SavedModel.
void SavedModelBuilder::Impl::place(const std::string& model_file) {
  std::error_code error;
  if (!staging_inside) {
    fs::rename(staging, directory, error);
    if (error) throw_system(directory, "cannot give the SavedModel this name", error);
    return;
  }
  for (const std::string& part : {std::string("variables"), std::string("assets"), model_file}) {
    if (file_exists(staging + "/" + part)) rename_file(staging + "/" + part, (fs::path(directory) / part).string());
  }
  fs::remove_all(staging, error);
}

SavedModelBuilder::SavedModelBuilder(std::string directory) : impl_(std::make_unique<Impl>()) {
  check_is_free(directory);
  impl_->directory = std::move(directory);
  impl_->model.set_saved_model_schema_version(kSchemaVersion);
}
SavedModelBuilder::~SavedModelBuilder() = default;
SavedModelBuilder::SavedModelBuilder(SavedModelBuilder&&) noexcept = default;
SavedModelBuilder& SavedModelBuilder::operator=(SavedModelBuilder&&) noexcept = default;

void SavedModelBuilder::add_meta_graph_and_variables(Session& session, const Tags& tags,
                                                     const SavedGraphOptions& options) {
  if (impl_->has_variables) {
    throw Error(Code::FailedPrecondition,
                "Graph state including variables and assets has already been saved. Please invoke "
                "`add_meta_graph()` instead");
  }
  Graph& graph = const_cast<Graph&>(session.graph());
  if (impl_->staging.empty()) {
    impl_->staging_inside = is_directory(impl_->directory);
    impl_->staging = staging_name(impl_->directory, impl_->staging_inside);
  }
  make_directories(impl_->staging + "/variables");
  impl_->add_assets(options.assets, graph.impl());
  note_main_op(graph.impl(), options.main_op);
  std::optional<Saver> own;
  if (options.saver == nullptr) own.emplace(graph, SaverOptions{.sharded = true, .allow_empty = true});
  Saver& saver = options.saver == nullptr ? *own : *options.saver;
  saver.save(session, saved_variables_prefix(impl_->staging),
             SaveOptions{.write_meta_graph = false, .write_state = false});
  impl_->add_graph(saver, tags, options);
  impl_->has_variables = true;
}

void SavedModelBuilder::add_meta_graph(Graph& graph, const Tags& tags, const SavedGraphOptions& options) {
  if (!impl_->has_variables) {
    throw Error(Code::FailedPrecondition,
                "Graph state including variables and assets has not been saved yet. Please invoke "
                "`add_meta_graph_and_variables()` first");
  }
  impl_->add_assets(options.assets, graph.impl());
  note_main_op(graph.impl(), options.main_op);
  std::optional<Saver> own;
  if (options.saver == nullptr) own.emplace(graph, SaverOptions{.sharded = true, .allow_empty = true});
  impl_->add_graph(options.saver == nullptr ? *own : *options.saver, tags, options);
}

std::string SavedModelBuilder::save(bool as_text) {
  if (impl_->saved || !impl_->has_variables) {
    throw Error(Code::FailedPrecondition, impl_->saved ? fmt::format("{} was written already", impl_->directory)
                                                       : std::string("there is no graph to be saved; add one first"));
  }
  const std::string name = as_text ? "saved_model.pbtxt" : "saved_model.pb";
  write_file_atomic(impl_->staging + "/" + name, as_text ? to_text(impl_->model) : to_binary(impl_->model));
  impl_->place(name);
  impl_->saved = true;
  return (fs::path(impl_->directory) / name).string();
}

SignatureTensor::SignatureTensor(const Output& tensor)
    : name(tensor.name()), dtype(tensor.dtype()), shape(tensor.shape()) {}

void simple_save(Session& session, const std::string& directory, const std::map<std::string, Output>& inputs,
                 const std::map<std::string, Output>& outputs, const Operation& legacy_init_op) {
  if (inputs.empty() || outputs.empty()) {
    throw Error(Code::InvalidArgument, "Prediction `inputs` and `outputs` cannot be None or empty");
  }
  SavedGraphOptions options;
  Signature& signature = options.signatures["serving_default"];
  for (const auto& [key, tensor] : inputs) signature.inputs.emplace(key, tensor);
  for (const auto& [key, tensor] : outputs) signature.outputs.emplace(key, tensor);
  GraphImpl& graph = session.graph().impl();
  for (const std::string& name : graph.node_collections()[kAssetFilepaths]) {
    options.assets.push_back(to_output(graph.get_output(name)));
  }
  options.main_op = legacy_init_op;
  options.clear_devices = true;
  SavedModelBuilder builder(directory);
  builder.add_meta_graph_and_variables(session, {"serve"}, options);
  builder.save();
}

}  // namespace tenon
