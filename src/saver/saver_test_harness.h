// What the tests of Savers share: a folder of their own, a small model.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "formats/bundle/bundle_writer.h"
#include "tenon/ops.h"
#include "tenon/saver.h"
#include "testing/errors.h"
#include "testing/temp_dir.h"

namespace tenon {

namespace fs = std::filesystem;

class SaverTest : public testing::Test {
 protected:
  std::string folder() const { return folder_.path(); }
  std::string path(const std::string& name) const { return folder_ / name; }
  std::set<std::string> files(const std::string& below = "") const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(path(below))) names.insert(entry.path().filename().string());
    return names;
  }
  std::string text(const std::string& name) const { return read_file(path(name)); }
  // A checkpoint "m".
  void write_checkpoint(const std::vector<std::pair<std::string, Tensor>>& tensors) const {
    BundleWriter writer(path("m"));
    for (const auto& [name, value] : tensors) writer.add(name, value);
    writer.finish();
  }

 private:
  TempDir folder_;
};

struct Model {
  Graph graph;
  Variable v = variable(graph, Tensor({2}, {1.f, 2.f}), "v");
  Variable w = variable(graph, Tensor(7), "w");
  Session session{graph};
  void init() { session.run(graph.global_variables_initializer()); }
};

}  // namespace tenon
