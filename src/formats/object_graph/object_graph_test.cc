#include <gtest/gtest.h>

#include "base/files.h"
#include "formats/npz/npz.h"
#include "formats/object_graph/object_graph_proto.h"
#include "tenon/checkpoint.h"
#include "testing/copy_objects.h"
#include "testing/errors.h"
#include "testing/temp_dir.h"

namespace tenon {
namespace {

const std::string kFixtures = std::string(TENON_FIXTURES) + "/objects/";
const char* const kReferences[] = {"modules/ckpt-1", "adam", "weights", "graph-1"};
const std::string kData = ".data-00000-of-00001";

TEST(ObjectCheckpoint, HasTheValuesThatTensorFlowSaved) {
  for (const char* name : kReferences) {
    const Checkpoint checkpoint(kFixtures + name);
    EXPECT_TRUE(checkpoint.object_based());
    const auto expected = read_npz(kFixtures + name + std::string(".npz"));
    std::size_t found = 0;
    for (const auto& [key, value] : expected) {
      EXPECT_TRUE(checkpoint.read(key).equals(value)) << name << " " << key;
      ++found;
    }
    EXPECT_EQ(checkpoint.keys().size(), found + 1) << name;
  }
}

TEST(ObjectCheckpoint, WrittenAgainFromItsPathsHasTensorFlowsBytes) {
  for (const char* name : kReferences) {
    TempDir dir;
    copy_objects(Checkpoint(kFixtures + name), dir / "m");
    EXPECT_TRUE(read_file(dir / "m.index") == read_file(kFixtures + name + std::string(".index"))) << name;
    EXPECT_TRUE(read_file(dir / "m" + kData) == read_file(kFixtures + name + kData)) << name;
  }
}

TEST(ObjectGraph, IsWrittenWithTheBytesThatWereRead) {
  for (const char* name : kReferences) {
    const std::string bytes = load_variable(kFixtures + name, kObjectGraphKey).scalar<std::string>();
    EXPECT_TRUE(object_graph_bytes(parse_object_graph(bytes, name).objects()) == bytes) << name;
  }
}

TEST(ObjectCheckpoint, IsReadByObjectPath) {
  const Checkpoint modules(kFixtures + "modules/ckpt-1");
  EXPECT_EQ(modules.read_object("step").to_string(), "int64 [] 7");
  EXPECT_EQ(modules.read_object("net/layers/1/b").to_string(), "float32 [2] [-1,-0.75]");
  EXPECT_EQ(modules.read_object("net/odd/a.Sb..c").to_string(), "int32 [] 5");
  EXPECT_EQ(modules.read_object("net/counter/.ATTRIBUTES/py_state").to_string(), "string [] \"counted to 3\"");
  EXPECT_EQ(modules.read_object("net/counter").to_string(), "string [] \"counted to 3\"");
  // A shared object by each of its paths; the key is that of the first.
  EXPECT_EQ(modules.objects().key("net/layers/0/w"), "net/shared/w/.ATTRIBUTES/VARIABLE_VALUE");
  EXPECT_EQ(modules.objects().key("net/shared/w"), "net/shared/w/.ATTRIBUTES/VARIABLE_VALUE");
}

TEST(ObjectCheckpoint, IsReadFromASlotVariablesPath) {
  const Checkpoint graph(kFixtures + "graph-1");
  EXPECT_EQ(graph.objects().key("dense/1/.OPTIMIZER_SLOT/optimizer/momentum"),
            "dense/1/.OPTIMIZER_SLOT/optimizer/momentum/.ATTRIBUTES/VARIABLE_VALUE");
  EXPECT_EQ(graph.read_object("dense/1/.OPTIMIZER_SLOT/optimizer/momentum").to_string(), "float32 [2] [1,1]");
  EXPECT_EQ(graph.objects().find("dense/1/.OPTIMIZER_SLOT/optimizer/m"), nullptr);
  EXPECT_EQ(graph.objects().find("dense/2/.OPTIMIZER_SLOT/optimizer/momentum"), nullptr);
}

TEST(ObjectCheckpoint, IsReadByVariableName) {
  const Checkpoint graph(kFixtures + "graph-1");
  const auto& names = graph.objects().full_names();
  EXPECT_EQ(names.at("dense/kernel"), std::vector<std::string>{"dense/0/.ATTRIBUTES/VARIABLE_VALUE"});
  EXPECT_EQ(graph.read(names.at("global_step").front()).to_string(), "int64 [] 1");
  EXPECT_EQ(names.at("dense/bias/Momentum").front(),
            "dense/1/.OPTIMIZER_SLOT/optimizer/momentum/.ATTRIBUTES/VARIABLE_VALUE");
}

TEST(ObjectCheckpoint, NamesTheTensorsOfATable) {
  const Checkpoint modules(kFixtures + "modules/ckpt-1");
  expect_says(error_of([&] { modules.read_object("net/table"); }), Code::NotFound,
              "net/table/.ATTRIBUTES/table-keys, net/table/.ATTRIBUTES/table-values");
  EXPECT_EQ(modules.read("net/table/.ATTRIBUTES/table-values").to_string(), "int64 [1] [7]");
}

TEST(ObjectGraph, SaysWhatAPathLacks) {
  const Checkpoint modules(kFixtures + "modules/ckpt-1");
  const ObjectGraph& graph = modules.objects();
  expect_says(error_of([&] { graph.key("net/layers/1/bias"); }), Code::NotFound, "no object \"net/layers/1/bias\"");
  expect_says(error_of([&] { graph.key("net/shared/W"); }), Code::NotFound, "nearest: \"net/shared/w\"");
  expect_says(error_of([&] { graph.key("net/layers"); }), Code::NotFound, "has no value of its own");
  expect_says(error_of([&] { graph.key("net/counter/.ATTRIBUTES/X"); }), Code::NotFound, "it has py_state");
  EXPECT_EQ(graph.find("net/odd/a.Xb"), nullptr);
  EXPECT_EQ(graph.find("net//w"), nullptr);
  EXPECT_EQ(graph.find(""), &graph.objects()[0]);
  EXPECT_EQ(graph.path(99), std::nullopt);
}

TEST(ObjectGraph, SaysThatACheckpointHasNone) {
  const Checkpoint plain(std::string(TENON_FIXTURES) + "/seed_add_model/add_model.ckpt");
  EXPECT_FALSE(plain.object_based());
  expect_says(error_of([&] { plain.objects(); }), Code::NotFound, "not an object-based checkpoint");
}

TEST(ObjectGraph, MayHaveCircles) {
  TempDir dir;
  ObjectCheckpointWriter writer(dir / "m");
  writer.add("a/b", Tensor(1));
  writer.add_alias("a/up", "");
  writer.add_alias("a/b/a", "a");
  writer.finish();
  const Checkpoint checkpoint(dir / "m");
  EXPECT_EQ(checkpoint.objects().objects().size(), 3u);
  EXPECT_EQ(checkpoint.objects().key("a/up/a/b/a/b"), "a/b/.ATTRIBUTES/VARIABLE_VALUE");
}

TEST(ObjectGraph, RefusesNumbersThatAreNoObjects) {
  const auto graph = [](ObjectGraph::Object object) { return object_graph_bytes({std::move(object)}); };
  for (const int number : {1, -1, 1 << 30}) {
    ObjectGraph::Object child, variable, slot;
    child.children.push_back({"x", number});
    variable.slots.push_back({"m", number, 0});
    slot.slots.push_back({"m", 0, number});
    for (const auto& object : {child, variable, slot}) {
      expect_says(error_of([&] { parse_object_graph(graph(object), "f"); }), Code::DataLoss, "there are 1 objects");
    }
  }
  expect_says(error_of([] { parse_object_graph("", "f"); }), Code::DataLoss, "without objects");
  expect_says(error_of([] { parse_object_graph("\x0a", "f"); }), Code::DataLoss, "cannot be parsed");
}

TEST(ObjectGraph, TakesNoMoreMemoryThanItsObjectsHoweverDeepTheyLie) {
  std::vector<ObjectGraph::Object> chain(50'000);
  for (std::size_t i = 0; i + 1 < chain.size(); ++i) chain[i].children.push_back({"x", static_cast<int>(i) + 1});
  chain.back().attributes.push_back({"VARIABLE_VALUE", "v", "k"});
  const ObjectGraph graph = parse_object_graph(object_graph_bytes(chain), "f");
  EXPECT_EQ(graph.depth(49'999), 49'999);
  EXPECT_EQ(graph.path(49'999)->size(), 2 * 49'999u - 1);
  EXPECT_THROW(graph.key("y"), Error);
}

TEST(ObjectCheckpointWriter, RefusesWhatIsThereAlready) {
  TempDir dir;
  ObjectCheckpointWriter writer(dir / "m");
  writer.add("v", Tensor(1.f));
  writer.add_object("optimizer");
  writer.add_slot("optimizer", "m", "v", Tensor(2.f));
  expect_says(error_of([&] { writer.add("v", Tensor(1.f)); }), Code::InvalidArgument, "VARIABLE_VALUE already");
  expect_says(error_of([&] { writer.add_slot("optimizer", "m", "v", Tensor(2.f)); }), Code::InvalidArgument, "already");
  expect_says(error_of([&] { writer.add_slot("adam", "m", "v", Tensor(2.f)); }), Code::NotFound, "\"adam\" yet");
  expect_says(error_of([&] { writer.add_alias("v", "optimizer"); }), Code::InvalidArgument, "already");
  expect_says(error_of([&] { writer.add_alias("w", "x"); }), Code::NotFound, "\"x\" yet");
  expect_says(error_of([&] { writer.add("a//b", Tensor(1.f)); }), Code::InvalidArgument, "no path");
  expect_says(error_of([&] { writer.add("a.b", Tensor(1.f)); }), Code::InvalidArgument, "no path");
  expect_says(error_of([&] { writer.add("h", Tensor(DType::Resource, {})); }), Code::InvalidArgument, "resource");
  expect_says(error_of([&] { writer.add_table("t", Tensor({2}, {1, 2}), Tensor(1)); }), Code::InvalidArgument, "[2]");
  EXPECT_FALSE(file_exists(dir / "m.index"));
  writer.finish();
  expect_says(error_of([&] { writer.finish(); }), Code::FailedPrecondition, "written already");
  const Checkpoint checkpoint(dir / "m");
  EXPECT_EQ(checkpoint.keys().size(), 3u);
  EXPECT_EQ(checkpoint.objects().full_names().count("v"), 1u);
}

TEST(ObjectPaths, AreEscaped) {
  EXPECT_EQ(escape_object_name("a/b.c"), "a.Sb..c");
  EXPECT_EQ(escape_object_name("plain-0"), "plain-0");
}

}  // namespace
}  // namespace tenon
