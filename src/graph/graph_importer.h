// The work of import_graph_def, step by step; the graph changes only in commit().
#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "graph/import_graph.h"

namespace tenon {

class GraphImporter {
 public:
  GraphImporter(GraphImpl& graph, const proto::GraphDef& file, const ImportOptions& options)
      : graph_(graph), file_(file), options_(options) {}

  ImportedGraph import();

 private:
  // One data or control input of a node of the file.
  struct Source {
    int node = -1;   // in the file; -1: `edge`, a value that the caller gave
    int index = 0;
    Edge edge;
  };
  struct Pending {
    std::vector<Source> inputs, controls;
    std::unique_ptr<Node> node;
    Node* made = nullptr;
  };

  void check_versions() const;
  void check_library() const;
  void index_names();
  void parse_inputs();
  void parse_input(int position, const std::string& text);
  bool take_mapped(int position, std::string_view name, int index, bool control);
  void check_input_map() const;
  void check_cycles() const;
  bool is_back_edge(int position, const Source& source) const;
  void choose_names();
  void make_nodes();
  void make_node(int position);
  void set_types(int position);
  void check_types(int position);
  DType type_of(const Source& source) const;
  void rename_colocation(int position);
  void place(int position);
  void add_scope_controls(int position);
  void take_output_shapes(int position);
  std::vector<std::variant<Node*, Edge>> find_returned() const;
  void commit();

  // InvalidArgument "Node 'NAME': ...".
  template <typename... Args>
  [[noreturn]] void fail(int position, fmt::format_string<Args...> format, Args&&... args) const {
    fail_at(position, fmt::format(format, std::forward<Args>(args)...));
  }
  [[noreturn]] void fail_at(int position, const std::string& message) const;

  GraphImpl& graph_;
  const proto::GraphDef& file_;
  const ImportOptions& options_;
  std::string scope_;
  std::unordered_map<std::string_view, int> positions_;  // of the file's nodes by name
  std::vector<Pending> pending_;
  std::vector<std::string> new_names_;
  std::unordered_set<std::string> used_keys_;  // of input_map
  std::unordered_map<std::string, const proto::OpDef*> file_ops_;  // signatures that come with the file
};

}  // namespace tenon
