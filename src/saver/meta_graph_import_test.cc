#include "formats/meta_graph/meta_graph.h"
#include "graph/export_meta_graph.h"
#include "meta_graph.pb.h"
#include "saver/saver_test_harness.h"
#include "tenon/meta_graph.h"

namespace tenon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class ImportTest : public SaverTest {
 protected:
  // The model with its Saver, changed.
  template <typename Change>
  MetaGraphDef changed(Change change) {
    proto::MetaGraphDef meta;
    EXPECT_TRUE(meta.ParseFromString(saver_.export_meta_graph().bytes));
    change(meta);
    return {.bytes = meta.SerializeAsString(), .name = "changed.meta"};
  }
  MetaGraphDef whole() {
    return changed([](auto&) {});
  }

  // That the import fails with these words, names the file, and leaves the graph as it was.
  void expect_refused(const MetaGraphDef& meta, Code code, const std::string& words,
                      const ImportMetaGraphOptions& options = {}) {
    Graph graph;
    constant(graph, Tensor(1.f), "before");
    const std::string before = export_meta_graph(graph).bytes;
    expect_says(error_of([&] { import_meta_graph(graph, meta, options); }), code, {words, "changed.meta"});
    EXPECT_TRUE(export_meta_graph(graph).bytes == before) << words;
    EXPECT_EQ(constant(graph, Tensor(1.f), "v").name(), "v:0") << words;
  }

  Model model_;
  Saver saver_{model_.graph};
};

// proves: S6.1 S6.6 S6.16
TEST_F(ImportTest, TakesFilesTextAndMessagesAndChangesNone) {
  saver_.export_meta_graph(path("m.txt"), {.as_text = true});
  const MetaGraphDef meta = whole();
  const MetaGraphDef given = meta;
  for (const char* scope : {"", "p", "q"}) {
    Graph binary, text;
    const Saver first = import_meta_graph(binary, meta, {.import_scope = scope});
    const Saver second = import_meta_graph(text, path("m.txt"), {.import_scope = scope});
    EXPECT_EQ(first.as_saver_def(), second.as_saver_def());
    EXPECT_TRUE(first.export_meta_graph().bytes == second.export_meta_graph().bytes);
    EXPECT_EQ(first.as_saver_def()->restore_op_name,
              *scope ? std::string(scope) + "/save/restore_all" : "save/restore_all");
  }
  EXPECT_TRUE(meta.bytes == given.bytes);
}

// proves: S6.5 S9.17
TEST_F(ImportTest, TwiceGivesTwoCopiesWithCollectionsAndSaversOfTheirOwn) {
  model_.init();
  saver_.save(model_.session, path("m"));
  Graph graph;
  import_meta_graph(graph, path("m.meta"));
  Saver second = import_meta_graph(graph, path("m.meta"));
  EXPECT_EQ(second.as_saver_def()->restore_op_name, "save/restore_all_1");
  std::vector<std::string> names;
  for (const Variable& variable : graph.global_variables()) names.push_back(variable.snapshot.name());
  EXPECT_THAT(names, ElementsAre("v/read:0", "w/read:0", "v/read_1:0", "w/read_1:0"));
  Session session(graph);
  second.restore(session, path("m"));
  EXPECT_THAT(session.uninitialized_variables(), ElementsAre("v", "w"));
  EXPECT_EQ(session.run("w_1:0").scalar<int>(), 7);
  Saver all(graph);  // TensorFlow finds two variables of one name here
  session.run(graph.global_variables_initializer());
  all.save(session, path("all"));
}

// proves: E51
TEST_F(ImportTest, OfASaverWithoutItsNodesFailsAndChangesNothing) {
  const auto without = [&](auto clear) {
    return changed([&](proto::MetaGraphDef& meta) { clear(*meta.mutable_saver_def()); });
  };
  expect_refused(without([](auto& def) { def.clear_save_tensor_name(); }), Code::InvalidArgument,
                 "saver_def must specify the save_tensor_name");
  expect_refused(without([](auto& def) { def.clear_restore_op_name(); }), Code::InvalidArgument,
                 "saver_def must specify the restore_op_name");
  expect_refused(without([](auto& def) { def.set_save_tensor_name("save/gone:0"); }), Code::InvalidArgument,
                 "saver_def's save_tensor_name is 'save/gone:0', which is not in the graph");
  expect_refused(without([](auto& def) { def.set_save_tensor_name("save/Const:7"); }), Code::InvalidArgument,
                 "saver_def's save_tensor_name is 'save/Const:7', which is no tensor of the graph");
}

// The default Saver is made after the import, and refuses two variables of one name.
TEST_F(ImportTest, WhoseDefaultSaverCannotBeMadeIsTakenBack) {
  const MetaGraphDef twice = changed([](proto::MetaGraphDef& meta) {
    meta.clear_saver_def();
    auto& variables = *(*meta.mutable_collection_def())["variables"].mutable_bytes_list();
    proto::VariableDef other;
    other.ParseFromString(variables.value(0));
    other.clear_initial_value_name();
    variables.add_value(other.SerializeAsString());
  });
  expect_refused(twice, Code::InvalidArgument, "At least two variables have the same name: v");
}

// proves: S6.2 S6.3
TEST_F(ImportTest, MakesASaverForVariablesOnly) {
  Graph graph;
  const Saver made = import_meta_graph(graph, changed([](proto::MetaGraphDef& meta) { meta.clear_saver_def(); }));
  EXPECT_EQ(made.as_saver_def()->restore_op_name, "save/restore_all_1");
  Graph other;
  const Saver none = import_meta_graph(other, changed([](proto::MetaGraphDef& meta) {
                                         meta.clear_saver_def();
                                         meta.clear_collection_def();
                                       }));
  EXPECT_EQ(none.as_saver_def(), std::nullopt);
  EXPECT_EQ(other.num_operations(), model_.graph.num_operations());
  Graph third;
  const Saver own = import_meta_graph(third, changed([](proto::MetaGraphDef& meta) { meta.clear_collection_def(); }));
  EXPECT_EQ(own.as_saver_def()->restore_op_name, "save/restore_all");
  EXPECT_THAT(third.global_variables(), IsEmpty());
}

// proves: S6.8 S6.12
TEST_F(ImportTest, LeavesWordsAloneAndTakesTheWantedCollections) {
  model_.graph.impl().bytes_collections()["words"] = {"v", "two"};
  model_.graph.impl().node_collections()["nodes"] = {"v:0"};
  Graph graph;
  import_meta_graph(graph, whole(), {.import_scope = "p"});
  EXPECT_THAT(graph.impl().bytes_collections()["words"], ElementsAre("v", "two"));
  EXPECT_THAT(graph.impl().node_collections()["nodes"], ElementsAre("p/v:0"));
  Graph chosen;
  import_meta_graph(chosen, whole(),
                    {.restore_collections_predicate = [](const std::string& name) { return name != "words"; }});
  EXPECT_THAT(chosen.collections(), ElementsAre("nodes", "trainable_variables", "variables"));
}

// proves: S6.10
TEST_F(ImportTest, TakesNamesOfObjectsThatAreNoNodes) {
  const MetaGraphDef table = changed([](proto::MetaGraphDef& meta) {
    (*meta.mutable_collection_def())["saveable_objects"].mutable_node_list()->add_value("table");
  });
  Graph graph;
  const Saver saver = import_meta_graph(graph, table, {.import_scope = "p"});
  EXPECT_EQ(saver.export_meta_graph().bytes.find("saveable_objects"), std::string::npos);  // TensorFlow refuses it
}

// proves: S6.9
TEST_F(ImportTest, OfOldFilesTrainsWhatTheCollectionSays) {
  const MetaGraphDef old = changed([](proto::MetaGraphDef& meta) {
    meta.mutable_meta_info_def()->set_tensorflow_version("1.8.0");
    const auto forget = [](std::string& bytes) {
      proto::VariableDef def;
      def.ParseFromString(bytes);
      def.clear_trainable();
      bytes = def.SerializeAsString();
    };
    auto& collections = *meta.mutable_collection_def();
    for (auto& bytes : *collections["variables"].mutable_bytes_list()->mutable_value()) forget(bytes);
    auto& trained = *collections["trainable_variables"].mutable_bytes_list();
    forget(*trained.mutable_value(0));
    trained.mutable_value()->RemoveLast();
  });
  Graph graph;
  import_meta_graph(graph, old);
  EXPECT_TRUE(graph.global_variables()[0].trainable);
  EXPECT_FALSE(graph.global_variables()[1].trainable);
}

// proves: S6.12 S7.15
TEST_F(ImportTest, IntoAScopeReturnsVariablesAndElements) {
  Graph graph;
  const Output other = constant(graph, Tensor({2}, {8.f, 9.f}), "other");
  const ImportedScope imported = import_scoped_meta_graph(graph, whole(),
                                                          {.import_scope = "p",
                                                           .input_map = {{"v/initial_value:0", other}},
                                                           .return_elements = {"v", "w/read:0"}});
  ASSERT_EQ(imported.variables.size(), 2u);
  EXPECT_EQ(imported.variables.at("v:0").name(), "p/v:0");
  EXPECT_EQ(std::get<Operation>(imported.returned[0]).name(), "p/v");
  EXPECT_EQ(std::get<Output>(imported.returned[1]).name(), "p/w/read:0");
  Session session(graph);
  session.run(graph.global_variables_initializer());
  EXPECT_EQ(session.run("p/v:0").at<float>(1), 9.f);
}

// proves: S6.13 E52 E53 E54
TEST_F(ImportTest, WithOptionsThatDoNotFitFailsAndChangesNothing) {
  expect_refused(whole(), Code::InvalidArgument, "Requested return node 'b' not found in graph def",
                 {.return_elements = {"b"}});
  expect_refused(whole(), Code::InvalidArgument, "Requested return tensor 'b:0' not found in graph def",
                 {.return_elements = {"b:0"}});
  expect_refused(whole(), Code::InvalidArgument, "Invalid return output 1 of node 'v', which has 1 output(s)",
                 {.return_elements = {"v:1"}});
  const MetaGraphDef unbound = changed([](proto::MetaGraphDef& meta) {
    for (const char* name : {"$unbound_inputs_x", "$unbound_inputs_y:1", "$unbound_inputs_x"}) {
      (*meta.mutable_collection_def())["unbound_inputs"].mutable_bytes_list()->add_value(name);
    }
  });
  expect_refused(
      unbound, Code::InvalidArgument,
      "Graph contains unbound inputs: $unbound_inputs_x,$unbound_inputs_y:1. Must provide these inputs through "
      "input_map.");
  Graph graph;
  const Output one = constant(graph, Tensor(1), "one");
  expect_says(error_of([&] { import_meta_graph(graph, whole(), {.input_map = {{"nope:0", one}}}); }),
              Code::InvalidArgument, "Attempted to map inputs that were not found in graph_def: [nope:0]");
  EXPECT_EQ(graph.num_operations(), 1);
  EXPECT_NO_THROW(import_meta_graph(graph, unbound, {.unbound_inputs_col_name = ""}));
}

// proves: E49 E50 S9.21
TEST_F(ImportTest, OfNoMetaGraphSaysWhatIsThere) {
  saver_.export_meta_graph(path("model.meta"));
  Graph graph;
  const auto error = [&](Code code, const std::string& name) {
    return error_text(code, [&] { import_meta_graph(graph, path(name)); });
  };
  EXPECT_EQ(error(Code::NotFound, "modle.meta"),
            "File does not exist. Received: " + path("modle.meta") + ".; nearest: \"model.meta\"");
  EXPECT_EQ(error(Code::FailedPrecondition, ""), path("") + "; Is a directory");
  write_file_atomic(path("bad"), "\xff\xfe");
  EXPECT_THAT(error(Code::DataLoss, "bad"),
              HasSubstr("Cannot parse file " + path("bad") + ": damaged, or not a MetaGraphDef"));
  write_file_atomic(path("bad"), "graph_def {\n node { name: 5 } }");
  EXPECT_THAT(error(Code::DataLoss, "bad"), HasSubstr("Cannot parse file " + path("bad") + ": line 2"));
  write_file_atomic(path("bad"), "");
  EXPECT_THAT(error(Code::DataLoss, "bad"), HasSubstr("empty; expected a MetaGraphDef"));
  EXPECT_EQ(graph.num_operations(), 0);
}

}  // namespace
}  // namespace tenon
