// Object-based checkpoints and SavedModels: what has a checksum gives an error or the same values; the graph, which has
// none, an error or a graph.

#include <gtest/gtest.h>

#include <filesystem>

#include "base/files.h"
#include "corruption/damage.h"
#include "formats/object_graph/object_graph_proto.h"
#include "tenon/checkpoint.h"
#include "tenon/object_checkpoint.h"
#include "tenon/saved_model.h"
#include "testing/temp_dir.h"

namespace tenon {
namespace {

namespace fs = std::filesystem;

const std::string kFixtures = TENON_FIXTURES;
const std::string kData = ".data-00000-of-00001";

struct Everything {
  Values values;
  std::string objects;

  bool operator==(const Everything& other) const { return objects == other.objects && same(values, other.values); }
};

Everything read(const Checkpoint& checkpoint) {
  return {read_all(checkpoint), object_graph_bytes(checkpoint.objects().objects())};
}

// read(damaged) must give `expected` or an Error that names `place`.
template <typename Value, typename Read>
void check_damage(const std::string& file, const Value& expected, const std::string& place, Read read) {
  const auto read_damaged = [&](const std::string& bytes, const std::string& where) {
    write_file_atomic(file, bytes);
    EXPECT_TRUE(read() == expected) << where << " of " << file << " gives other values";
  };
  EXPECT_GT(count_errors(read_file(file), place, read_damaged), 0);
}

class ObjectsCorruption : public testing::TestWithParam<std::string> {};

TEST_P(ObjectsCorruption, IsFound) {
  TempDir dir;
  for (const std::string& ending : {std::string(".index"), kData}) {
    fs::copy_file(kFixtures + "/objects/graph-1" + ending, dir / "m" + ending);
  }
  const Everything expected = read(Checkpoint(dir / "m"));
  EXPECT_EQ(expected.values.size(), 7u);
  check_damage(dir / "m" + GetParam(), expected, dir / "m", [&] { return read(Checkpoint(dir / "m")); });
}

INSTANTIATE_TEST_SUITE_P(Files, ObjectsCorruption, testing::Values(".index", kData));

TEST(ObjectGraphCorruption, OfItsMessageGivesAnErrorOrAGraph) {
  const std::string bytes = load_variable(kFixtures + "/objects/graph-1", kObjectGraphKey).scalar<std::string>();
  int errors = 0;
  for_each_damage(bytes, [&](const std::string& damaged, const std::string& where) {
    try {
      const ObjectGraph graph = parse_object_graph(damaged, "f");
      for (int i = 0; i < static_cast<int>(graph.objects().size()); ++i) graph.path(i);
    } catch (const Error& error) {
      ++errors;
      EXPECT_EQ(error.code(), Code::DataLoss) << where << ": " << error.what();
    }
  });
  EXPECT_GT(errors, 0);
}

// A SavedModel in a folder of its own.
struct Saved {
  explicit Saved(const std::string& name) {
    fs::copy(kFixtures + "/saved_model/" + name, folder, fs::copy_options::recursive);
  }
  TempDir dir;
  std::string folder = dir / "m";
};

TEST(SavedModelCorruption, OfTheVariablesIsFound) {
  for (const std::string& ending : {std::string(".index"), kData}) {
    const Saved saved("v2");
    const auto variables = [&] { return read(SavedModel(saved.folder).variables()); };
    check_damage(saved.folder + "/variables/variables" + ending, variables(), saved.folder, variables);
  }
}

TEST(SavedModelCorruption, OfTheVariablesLeavesTheSessionAsItWas) {
  const Saved saved("simple");
  const std::string data = saved.folder + "/variables/variables" + kData;
  const std::string intact = read_file(data);
  Graph graph;
  Session session(graph);
  LoadedSavedModel model = load_saved_model(session, saved.folder, {"serve"});
  const auto values = [&] { return session.run({graph.tensor("w:0"), graph.tensor("b/Read/ReadVariableOp:0")}); };
  const auto before = values();
  for_each_damage(intact, [&](const std::string& bytes, const std::string& where) {
    write_file_atomic(data, bytes);
    EXPECT_THROW(model.restore(session), Error) << where;
  });
  const auto after = values();
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_TRUE(before[i].equals(after[i]));
}

TEST(SavedModelCorruption, OfTheGraphGivesAnErrorOrAGraph) {
  const Saved saved("plain");
  const std::string file = saved.folder + "/saved_model.pb";
  int loaded = 0;
  const auto load = [&](const std::string& bytes, const std::string&) {
    write_file_atomic(file, bytes);
    const SavedModel listed(saved.folder);
    for (const Tags& tags : listed.tag_sets()) listed.assets(tags);
    Graph graph;
    Session session(graph);
    load_saved_model(session, saved.folder, {"serve"});
    ++loaded;
  };
  EXPECT_GT(count_errors(read_file(file), saved.folder, load), 0);
  EXPECT_GT(loaded, 0);
}

TEST(SavedModelCorruption, OfATextGivesAnErrorOrAGraph) {
  const Saved saved("two");
  const std::string file = saved.folder + "/saved_model.pbtxt";
  const std::string text = read_file(file);
  const std::size_t begin = text.rfind("signature_def {");  // the operations are long, and all alike
  const auto read = [&](const std::string& damaged, const std::string&) {
    write_file_atomic(file, text.substr(0, begin) + damaged + text.substr(begin + 700));
    SavedModel(saved.folder).signatures({"serve"});
  };
  EXPECT_GT(count_errors(text.substr(begin, 700), "", read), 0);
}

}  // namespace
}  // namespace tenon
