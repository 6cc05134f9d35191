#include <fmt/format.h>

#include <unordered_map>
#include <unordered_set>

#include "formats/meta_graph/meta_graph.h"
#include "formats/saved_model/saved_model_files.h"
#include "formats/saved_model/signatures.h"
#include "graph/graph_rollback.h"
#include "graph/import_meta_graph.h"
#include "graph/names.h"
#include "meta_graph.pb.h"
#include "ops/shape_inference.h"
#include "saver/function_restore_plan.h"
#include "saver/naming.h"
#include "saver/saver_impl.h"
#include "saver/values.h"
#include "tenon/saved_model.h"

namespace tenon {

struct LoadedSavedModel::Impl {
  GraphImpl* graph = nullptr;
  std::string directory;
  Signatures signatures;
  std::optional<Saver> saver;
  std::optional<RestorePlan> function;  // what the graph's own way to restore does, if that is a function
  std::optional<Operation> init;
  Feeds assets;
};

namespace {

// From names in the file to those in the graph.
class ImportedNames {
 public:
  ImportedNames(GraphImpl& graph, const ImportedGraph& imported) : graph_(graph), imported_(imported) {}

  std::string operator()(const std::string& name) const {
    const auto parsed = parse_output_name(name);
    if (!parsed) return name;
    return imported_.name_of(parsed->node) + name.substr(parsed->node.size());
  }
  Output tensor(const std::string& name) const { return to_output(graph_.get_output((*this)(name))); }
  // Of an operation, or of the one that makes a tensor.
  Operation operation(const std::string& name) const {
    const std::string own = (*this)(name);
    return to_operation(graph_.get(own.substr(0, own.find(':'))));
  }

 private:
  GraphImpl& graph_;
  const ImportedGraph& imported_;
};

void rename(Signatures& signatures, const ImportedNames& names) {
  for (auto& [name, signature] : signatures) {
    for (auto* side : {&signature.inputs, &signature.outputs}) {
      for (auto& [key, tensor] : *side) {
        for (std::string* text : {&tensor.name, &tensor.values, &tensor.indices, &tensor.dense_shape}) {
          if (!text->empty()) *text = names(*text);
        }
      }
    }
  }
}

// What the file says besides its graph must be about nodes of the graph.
void check_names(const proto::MetaGraphDef& meta, const std::optional<std::string>& init,
                 const std::map<std::string, std::string>& assets) {
  std::unordered_set<std::string_view> nodes;
  for (const proto::NodeDef& node : meta.graph_def().node()) nodes.insert(node.name());
  const auto check = [&](const char* what, const std::string& name) {
    if (nodes.contains(std::string_view(name).substr(0, name.find(':')))) return;
    throw Error(Code::InvalidArgument, fmt::format("{} is '{}', which is not in the graph", what, name));
  };
  if (meta.has_saver_def()) {
    check("saver_def's filename_tensor_name", meta.saver_def().filename_tensor_name());
    check("saver_def's save_tensor_name", meta.saver_def().save_tensor_name());
    check("saver_def's restore_op_name", meta.saver_def().restore_op_name());
  }
  if (init) check("the operation to be run after loading", *init);
  for (const auto& [name, path] : assets) check("the tensor of an asset", name);
}

// A file without a Saver: one of its variables, under the names in the file.
Saver saver_of_variables(Graph& graph, const proto::MetaGraphDef& meta, const ImportedNames& names) {
  std::unordered_map<std::string, Variable> variables;
  for (const Variable& variable : graph.global_variables()) variables.emplace(variable.handle.op().name(), variable);
  std::map<std::string, Variable> named;
  for (const proto::NodeDef& node : meta.graph_def().node()) {
    const auto found = variables.find(names(node.name()));
    if (found != variables.end()) named.emplace(node.name(), found->second);
  }
  return Saver(graph, VarList(std::move(named)), SaverOptions{.allow_empty = true});
}

ImportOptions import_options(const LoadSavedModelOptions& options) {
  ImportOptions import;
  import.prefix = options.import_scope;
  import.clear_devices = options.clear_devices;
  import.infer_shapes = infer_imported_shapes;
  import.input_map = to_edges(options.input_map);
  return import;
}

}  // namespace

LoadedSavedModel::LoadedSavedModel(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LoadedSavedModel::~LoadedSavedModel() = default;
LoadedSavedModel::LoadedSavedModel(LoadedSavedModel&&) noexcept = default;
LoadedSavedModel& LoadedSavedModel::operator=(LoadedSavedModel&&) noexcept = default;

const Signatures& LoadedSavedModel::signatures() const { return impl_->signatures; }
Saver& LoadedSavedModel::saver() { return *impl_->saver; }

const Signature& LoadedSavedModel::signature(std::string_view name) const {
  const auto found = impl_->signatures.find(std::string(name));
  if (found != impl_->signatures.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [known, signature] : impl_->signatures) names.push_back(known);
  throw Error(Code::NotFound, fmt::format("{}: there is no signature \"{}\"; there are: {}", impl_->directory, name,
                                          names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
}

void LoadedSavedModel::restore(Session& session) {
  if (impl_->function) restore_pieces(session, *impl_->function, saved_variables_prefix(impl_->directory), {});
  else if (impl_->saver->impl().def() != nullptr)
    impl_->saver->restore(session, saved_variables_prefix(impl_->directory));
  if (impl_->init) session.run(std::vector<Output>{}, impl_->assets, {*impl_->init});
}

LoadedSavedModel load_saved_model(Graph& graph, const std::string& directory, const Tags& tags,
                                  const LoadSavedModelOptions& options) {
  const std::string file = find_saved_model_file(directory);
  const auto saved = read_saved_model(file);
  const proto::MetaGraphDef& meta = find_tagged_graph(*saved, tags, directory);
  // Everything that could be wrong with it is found before the graph changes.
  auto impl = std::make_unique<LoadedSavedModel::Impl>();
  impl->graph = &graph.impl();
  impl->directory = directory;
  impl->signatures = signatures_from_proto(meta, file);
  const auto init = init_operation(meta);
  const auto assets = asset_paths(meta, directory);
  GraphRollback rollback(graph.impl());
  const ImportedMetaGraph imported = naming(file, [&] {
    check_names(meta, init, assets);
    return import_meta_graph_def(graph.impl(), meta, import_options(options));
  });
  const ImportedNames names(graph.impl(), imported.graph);
  rename(impl->signatures, names);
  naming(file, [&] {
    impl->saver.emplace(imported.saver_def ? Saver(saver_from_def(graph.impl(), *imported.saver_def))
                                           : saver_of_variables(graph, meta, names));
    if (meta.has_saver_def()) {
      impl->function =
          read_function_restore_plan(meta.graph_def(), meta.saver_def().restore_op_name(),
                                     [&](const std::string& name) { return graph.impl().find(names(name)); });
    }
    if (!init) return;
    impl->init = names.operation(*init);
    for (const auto& [name, path] : assets) impl->assets.emplace_back(names.tensor(name), Tensor(path));
  });
  rollback.keep();
  return LoadedSavedModel(std::move(impl));
}

LoadedSavedModel load_saved_model(Session& session, const std::string& directory, const Tags& tags,
                                  const LoadSavedModelOptions& options) {
  Graph& graph = const_cast<Graph&>(session.graph());  // a session only promises not to change it by running
  LoadedSavedModel model = load_saved_model(graph, directory, tags, options);
  model.restore(session);
  return model;
}

}  // namespace tenon
