// The work of import_graph_file, step by step; the graph changes only in commit().
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/parallel_for.h"
#include "graph/import_graph.h"
#include "graph/name_table.h"
#include "graph/node_types.h"

namespace tenon {

class GraphImporter {
 public:
  GraphImporter(GraphImpl& graph, const GraphFile& file, const ImportOptions& options)
      : graph_(graph), file_(file), options_(options) {}
  ~GraphImporter();

  ImportedGraph import();

 private:
  // Where an input comes from: a node of the file, or (node < 0) number `index` of `given_`.
  struct Source {
    int node = -1;
    int index = 0;
  };
  // What there is to know of a node of the file until it is done. Its inputs are sources_[first, controls), its control
  // inputs sources_[controls, end).
  struct Pending {
    const PreparedOp* op;  // that of the file if nobody registered one; null: opaque
    std::uint32_t first, controls, end;  // a file has less than 2 GiB
    bool has_shapes;       // the file says which shapes the outputs have
    bool in_group;         // it has a _class
    bool colocated;        // with another node
  };

  void choose_scope();
  void check_versions() const;
  void check_library() const;
  void find_file_ops();
  void read_name(int position);
  void index_names();
  void read_input_map();
  void for_ranges(void (GraphImporter::*step)(int begin, int end));
  // Calls step(position) for every node.
  template <auto Step>
  void for_all_nodes() {
    for_ranges(&GraphImporter::step_through<Step>);
  }
  template <auto Step>
  void step_through(int begin, int end) {
    for (int position = begin; position < end; ++position) (this->*Step)(position);
  }
  void read_nodes();
  void make_room();
  void read_names_and_nodes();
  void read_piece(int begin, int end);
  void read_node(int position);
  std::string_view read_fields(int position);
  void read_attrs(int position, std::string_view attrs);
  void connect_nodes();
  void connect_piece(int begin, int end);
  void read_inputs(int position);
  Source read_input(int position, std::string_view text);
  int find_given(std::string_view name, int index) const;
  void check_input_map() const;
  void check_cycles() const;
  bool is_back_edge(int position, std::size_t source) const;
  bool is_endless(int position) const;
  void choose_names();
  void check_nodes();
  struct KnownOp {
    OpType type;
    const proto::OpDef* registered = nullptr;  // or that of a function of the graph
    const PreparedOp* prepared = nullptr;
    // Attributes with a default that the file's program knows and we do not.
    std::vector<const proto::OpDef::AttrDef*> foreign;
  };
  // Of the ops that a piece has met: no other thread needs to be waited for.
  using KnownOps = std::unordered_map<std::string_view, const KnownOp*>;
  const KnownOp& op_of(int position, KnownOps& known);
  const KnownOp& find_op(int position);
  void check_not_removed(const proto::OpDef& op, int position) const;
  static void drop_foreign_defaults(const KnownOp& op, Node& node);
  void set_types(int position, const KnownOp& op);
  void count_outputs(int position, std::size_t& outputs);
  void take_output_shapes(int position);
  void connect(int position);
  Edge edge(const Source& source) const;
  void check_colocation(int position) const;
  void rename_colocation(int position);
  int colocated_at(int position, std::string_view target) const;
  void place_nodes();
  void place(int position);
  void place_with_others(int position);
  void add_scope_controls();
  std::vector<int> loop_depths() const;
  std::vector<std::variant<Node*, Edge>> find_returned() const;
  void infer_shapes();
  ImportedGraph describe() const;
  void commit();
  void commit_library();
  void commit_nodes();

  // Of a node of the file; -1 if there is none.
  int position_of(std::string_view name) const;
  Node& node_at(int position) const { return *block_->at(static_cast<std::size_t>(position)); }
  int size() const { return static_cast<int>(file_.nodes().size()); }
  std::span<Pending> pending() const { return {pending_.get(), file_.nodes().size()}; }
  std::span<const Source> inputs(const Pending& pending) const {
    return std::span(sources_).subspan(pending.first, pending.controls - pending.first);
  }
  std::span<const Source> controls(const Pending& pending) const {
    return std::span(sources_).subspan(pending.controls, pending.end - pending.controls);
  }
  // Calls visit(NAME) for each "loc:@NAME" of another node.
  template <typename Visit>
  void for_each_colocated(int position, Visit&& visit) const;
  // InvalidArgument "Node 'NAME': ...".
  template <typename... Args>
  [[noreturn]] void fail(int position, fmt::format_string<Args...> format, Args&&... args) const {
    fail_at(position, fmt::format(format, std::forward<Args>(args)...));
  }
  [[noreturn]] void fail_at(int position, const std::string& message) const;

  GraphImpl& graph_;
  const GraphFile& file_;
  const ImportOptions& options_;
  std::string scope_;
  bool all_free_ = false;  // all names, in a graph that has none yet
  std::vector<std::uint32_t> hashes_;  // of the file's names
  NameTable positions_;  // of the file's nodes
  NodeBlock* block_ = nullptr;  // of the new nodes
  std::deque<NodePtr> nodes_;   // in it, until the graph has them; null: not read yet
  std::unique_ptr<Pending[]> pending_;
  std::vector<Source> sources_;
  // What is wrong with the types or the edges of a node, the first such node of the file.
  FirstFailure wrong_node_;
  // What the caller gave for inputs: the name there, the output (kControl: a control edge), the value.
  static constexpr int kControl = -1;
  struct Given {
    std::string_view name;
    int index = 0;
    Edge value;
    bool used = false;
  };
  std::vector<Given> given_;
  std::unordered_map<std::string_view, std::vector<int>> given_of_;  // by name, positions in given_
  std::unordered_map<std::string, const proto::OpDef*> file_ops_;    // signatures that come with the file
  std::mutex types_mutex_;  // of all below
  std::unordered_map<std::string_view, KnownOp> ops_;                // of the file's nodes
  std::vector<std::unique_ptr<PreparedOp>> prepared_;                // of file_ops_
  std::atomic<bool> any_device_ = false;  // of a node of the file
  bool all_registered_ = true;  // all ops of the file
  std::atomic<std::size_t> outputs_ = 0;  // of the new nodes, as far as they are counted
};

}  // namespace tenon
