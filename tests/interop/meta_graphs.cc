// Imports and exports meta graphs as a job says, for the interop suite: test_meta_graph.py.
//
// usage: meta_graphs < JOB > RESULT
//
// The job is JSON; its parts are done in this order, each if it is there:
//   "before": META                               a graph that is there before
//   "import": {"meta": META or "bytes": META, OPTIONS, "without_collections": [...], "scoped": true}
//   "scopes": {"name": NAME}, "times": N         the name scope to import in, and how often
//   "export": {"path": PATH, "with_saver": false, OPTIONS}
//   "copy":   {"from_scope", "to_scope", "to_other_graph": false, "path": PATH}
//   "write":  {"directory", "name", "as_text"}
// OPTIONS are those of tenon/meta_graph.h. The result has "saver", "variables", "returned", "path", or "error", "code"
// and "unchanged": whether the graph is what it was before.
#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "tenon/tenon.h"

namespace {

using Json = nlohmann::json;
using Strings = std::vector<std::string>;

Json names_of(const std::map<std::string, tn::Variable>& variables) {
  Json names = Json::object();
  for (const auto& [name, variable] : variables) names[name] = variable.name();
  return names;
}

Json names_of(const std::vector<std::variant<tn::Operation, tn::Output>>& elements) {
  Json names = Json::array();
  for (const auto& element : elements) std::visit([&](const auto& each) { names.push_back(each.name()); }, element);
  return names;
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Job {
 public:
  explicit Job(const Json& job) : job_(job) {}

  Json run() {
    if (job_.contains("before")) tn::import_scoped_meta_graph(graph_, job_["before"].get<std::string>());
    const Contents before = contents();
    try {
      if (job_.contains("import")) import_all(job_["import"]);
      if (job_.contains("export")) export_to(job_["export"]);
      if (job_.contains("copy")) copy(job_["copy"]);
      if (job_.contains("write")) write(job_["write"]);
    } catch (const tn::Error& error) {
      result_["error"] = error.what();
      result_["code"] = tn::code_name(error.code());
      result_["unchanged"] = contents() == before;
    }
    return result_;
  }

 private:
  using Contents = std::pair<std::string, Strings>;
  Contents contents() const { return {tn::export_meta_graph(graph_).bytes, graph_.collections()}; }

  void import_all(const Json& import) {
    const Json scopes = job_.value("scopes", Json::object());
    for (int i = 0; i < job_.value("times", 1); ++i) {
      std::optional<tn::Scope> scope;
      if (scopes.contains("name")) scope.emplace(graph_.name_scope(scopes["name"].get<std::string>()));
      import_once(import);
    }
    if (!saver_) return;
    result_["saver"] = nullptr;
    if (const auto def = saver_->as_saver_def()) {
      result_["saver"] = {{"filename", def->filename_tensor_name},
                          {"save", def->save_tensor_name},
                          {"restore", def->restore_op_name},
                          {"max_to_keep", def->max_to_keep},
                          {"hours", def->keep_checkpoint_every_n_hours}};
    }
  }

  void import_once(const Json& import) {
    const tn::ImportMetaGraphOptions options = import_options(import);
    if (import.value("scoped", false)) {
      const auto scope = tn::import_scoped_meta_graph(graph_, import["meta"].get<std::string>(), options);
      result_["variables"] = names_of(scope.variables);
      result_["returned"] = names_of(scope.returned);
    } else if (import.contains("bytes")) {
      saver_.emplace(tn::import_meta_graph(graph_, tn::MetaGraphDef{bytes_of(import["bytes"])}, options));
    } else {
      saver_.emplace(tn::import_meta_graph(graph_, import["meta"].get<std::string>(), options));
    }
  }

  tn::ImportMetaGraphOptions import_options(const Json& import) const {
    tn::ImportMetaGraphOptions options;
    options.import_scope = import.value("import_scope", "");
    options.clear_devices = import.value("clear_devices", false);
    options.return_elements = import.value("return_elements", Strings());
    options.unbound_inputs_col_name = import.value("unbound_inputs_col_name", options.unbound_inputs_col_name);
    const Json input_map = import.value("input_map", Json::object());
    for (const auto& [name, tensor] : input_map.items()) {
      options.input_map.emplace(name, graph_.tensor(tensor.get<std::string>()));
    }
    if (!import.contains("without_collections")) return options;
    options.restore_collections_predicate =
        [unwanted = import["without_collections"].get<Strings>()](const std::string& name) {
          return std::find(unwanted.begin(), unwanted.end(), name) == unwanted.end();
        };
    return options;
  }

  void export_to(const Json& wanted) const {
    tn::ExportMetaGraphOptions options;
    options.as_text = wanted.value("as_text", false);
    if (wanted.contains("collection_list")) options.collection_list = wanted["collection_list"].get<Strings>();
    options.export_scope = wanted.value("export_scope", "");
    options.clear_devices = wanted.value("clear_devices", false);
    options.clear_extraneous_savers = wanted.value("clear_extraneous_savers", false);
    options.strip_default_attrs = wanted.value("strip_default_attrs", false);
    options.save_debug_info = wanted.value("save_debug_info", false);
    const std::string path = wanted["path"];
    if (saver_ && wanted.value("with_saver", true)) saver_->export_meta_graph(path, options);
    else tn::export_meta_graph(graph_, path, options);
  }

  void copy(const Json& wanted) {
    tn::Graph other;
    tn::Graph& to = wanted.value("to_other_graph", false) ? other : graph_;
    result_["variables"] = names_of(tn::copy_scoped_meta_graph(wanted["from_scope"], wanted["to_scope"], graph_, to));
    tn::export_meta_graph(to, wanted["path"].get<std::string>());
  }

  void write(const Json& wanted) {
    result_["path"] = tn::write_graph(graph_, wanted["directory"], wanted["name"], wanted["as_text"]);
  }

  const Json& job_;
  tn::Graph graph_;
  std::optional<tn::Saver> saver_;
  Json result_ = Json::object();
};

}  // namespace

int main() try {
  const Json job = Json::parse(std::cin);
  std::cout << Job(job).run().dump() << '\n';
  return 0;
} catch (const std::exception& error) {
  std::cerr << "meta_graphs: " << error.what() << '\n';
  return 1;
}
