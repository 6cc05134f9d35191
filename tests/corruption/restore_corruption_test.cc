// What a user sees of damage: a restore of a damaged checkpoint gives the saved values, or an error and the variables
// as they were before; the state file leads to a checkpoint that is there, or to none; a damaged graph imports whole or
// not at all.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "base/files.h"
#include "corruption/damage.h"
#include "formats/bundle/bundle_writer.h"
#include "formats/v1/v1_writer.h"
#include "tenon/ops.h"
#include "tenon/saver.h"
#include "testing/temp_dir.h"

namespace tenon {
namespace {

namespace fs = std::filesystem;

const std::string kFixtures = TENON_FIXTURES;
const Tensor kUpper({2, 2}, {1.f, 2.f, 3.f, 4.f}), kLower({1, 2}, {5.f, 6.f});
const ShapeAndSlice kUpperPart{Shape{3, 2}, {{{0, 2}, {}}}}, kLowerPart{Shape{3, 2}, {{{2, 1}, {}}}};
const Tensor kNumbers({3}, {1.5f, -2.f, 3.f}), kText({2}, {"some", "text"}), kStep(std::int64_t{7});

template <typename Writer>
void write_whole(const std::string& folder) {
  Writer writer(folder + "/m");
  writer.add("numbers", kNumbers);
  writer.add("step", kStep);
  writer.add("text", kText);
  writer.add_slice("pieces", kUpperPart, kUpper);
  writer.add_slice("pieces", kLowerPart, kLower);
  writer.finish();
}

void write_v2_shards(const std::string& folder) {
  BundleWriter writer(folder + "/m", {.num_shards = 2});
  writer.add("numbers", kNumbers);
  writer.add_slice("pieces", kUpperPart, kUpper);
  writer.next_shard();
  writer.add("step", kStep);
  writer.add("text", kText);
  writer.add_slice("pieces", kLowerPart, kLower);
  writer.finish();
}

void write_v1_shards(const std::string& folder) {
  V1Writer first(folder + "/m-00000-of-00002"), second(folder + "/m-00001-of-00002");
  first.add("numbers", kNumbers);
  first.add_slice("pieces", kUpperPart, kUpper);
  second.add("step", kStep);
  second.add("text", kText);
  second.add_slice("pieces", kLowerPart, kLower);
  first.finish();
  second.finish();
}

struct Kind {
  std::string name;
  std::function<void(const std::string& folder)> write;
};

std::ostream& operator<<(std::ostream& out, const Kind& kind) { return out << kind.name; }

// A graph for those checkpoints.
struct Model {
  Graph graph;
  std::vector<Output> variables = {variable(graph, Tensor::zeros(float32, {3}), "numbers"),
                                   variable(graph, Tensor::zeros(int64, {}), "step"),
                                   variable(graph, Tensor({2}, {"", ""}), "text"),
                                   variable(graph, Tensor::zeros(float32, {3, 2}), "pieces")};
  Saver saver{graph};
  Session session{graph};

  void init() { session.run(graph.global_variables_initializer()); }
  bool holds(const std::vector<Tensor>& values) {
    const std::vector<Tensor> found = session.run(variables);
    return std::equal(found.begin(), found.end(), values.begin(),
                      [](const Tensor& a, const Tensor& b) { return a.equals(b); });
  }
};

const std::vector<Tensor> kBefore = {Tensor::zeros(float32, {3}), Tensor::zeros(int64, {}), Tensor({2}, {"", ""}),
                                     Tensor::zeros(float32, {3, 2})};
const std::vector<Tensor> kSaved = {kNumbers, kStep, kText, Tensor({3, 2}, {1.f, 2.f, 3.f, 4.f, 5.f, 6.f})};

class DamagedCheckpoint : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    GetParam().write(dir_.path());
    model_.init();
  }

  void restore(const RestoreOptions& options, const std::string& where) {
    try {
      model_.saver.restore(model_.session, dir_ / "m", options);
      ASSERT_TRUE(model_.holds(kSaved)) << where << " gives other values";
      model_.init();
    } catch (const Error& error) {
      ++errors_;
      ASSERT_TRUE(model_.holds(kBefore)) << where << " changes variables: " << error.what();
      ASSERT_NE(error.code(), Code::Internal) << where << ": " << error.what();
      ASSERT_NE(std::string(error.what()).find(dir_ / "m"), std::string::npos) << where << ": " << error.what();
    }
  }

  // Each file in turn.
  void damage_all(const RestoreOptions& options) {
    for (const auto& entry : fs::directory_iterator(dir_.path())) {
      const std::string path = entry.path().string(), name = entry.path().filename().string(), whole = read_file(path);
      const int before = errors_;
      for_each_damage(whole, [&](const std::string& damaged, const std::string& where) {
        if (HasFatalFailure()) return;
        write_file_atomic(path, damaged);
        restore(options, where + " of " + name);
      });
      EXPECT_GT(errors_, before) << name;
      remove_file(path);
      restore(options, name + " removed");
      write_file_atomic(path, whole);
      ASSERT_FALSE(HasFatalFailure());
    }
    restore(options, "no damage");
  }

  TempDir dir_;
  Model model_;
  int errors_ = 0;
};

TEST_P(DamagedCheckpoint, IsRestoredAsItWasOrNotAtAll) { damage_all({}); }

// Mapped values are read where they are used, so the checksums must be asked for.
TEST_P(DamagedCheckpoint, IsMappedAsItWasOrNotAtAll) { damage_all({.mapped = true, .check_mapped = true}); }

INSTANTIATE_TEST_SUITE_P(Formats, DamagedCheckpoint,
                         testing::Values(Kind{"V2", write_whole<BundleWriter>}, Kind{"V2Sharded", write_v2_shards},
                                         Kind{"V1", write_whole<V1Writer>}, Kind{"V1Sharded", write_v1_shards}),
                         [](const auto& info) { return info.param.name; });

TEST(DamagedStateFile, LeadsToACheckpointThatIsThereOrToNone) {
  TempDir dir;
  {
    Model model;
    model.init();
    for (const int step : {1, 2}) model.saver.save(model.session, dir / "m", step);
  }
  const std::string file = dir / "checkpoint", text = read_file(file);
  int found = 0;
  const auto read = [&](const std::string& damaged, const std::string& where) {
    write_file_atomic(file, damaged);
    const auto latest = latest_checkpoint(dir.path());
    if (!latest) return;
    ++found;
    EXPECT_TRUE(*latest == dir / "m-1" || *latest == dir / "m-2") << where << ": " << *latest;
  };
  EXPECT_GT(count_errors(text, file, read), 0);
  EXPECT_GT(found, 0);
}

TEST(DamagedMetaGraph, IsImportedOrLeavesTheGraphEmpty) {
  TempDir dir;
  const std::string file = dir / "m.meta";
  int errors = 0;
  for_each_damage(read_file(kFixtures + "/saver_graphs/resource_global_step.meta"),
                  [&](const std::string& damaged, const std::string& where) {
                    write_file_atomic(file, damaged);
                    Graph graph;
                    try {
                      import_meta_graph(graph, file);
                    } catch (const Error& error) {
                      ++errors;
                      expect_names(error, file, where);
                      EXPECT_TRUE(graph.operations().empty()) << where;
                    }
                  });
  EXPECT_GT(errors, 0);
}

}  // namespace
}  // namespace tenon
