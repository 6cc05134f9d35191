// Graphs that several threads read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tenon/error.h"
#include "tenon/import_graph.h"
#include "tenon/ops.h"
#include "testing/graph_text.h"

namespace tenon {
namespace {

constexpr int kChains = 3000, kLength = 4;

std::string placeholder_of(int chain) {
  const std::string shape = fmt::format("dim {{ size: {} }} dim {{ size: -1 }}", chain % 9 + 1);
  return placeholder_text(fmt::format("c{}_0", chain), shape);
}

// Chains c0_0 -> c0_1 -> ..., c1_0 -> ..., the second dimension of the last of each given by `last_of(chain)`.
template <typename LastOf>
std::vector<std::string> chains(LastOf last_of) {
  std::vector<std::string> nodes;
  for (int chain = 0; chain < kChains; ++chain) {
    nodes.push_back(placeholder_of(chain));
    for (int i = 1; i < kLength; ++i) {
      nodes.push_back(identity_text(fmt::format("c{}_{}", chain, i), fmt::format("input: 'c{}_{}'", chain, i - 1),
                                    i + 1 < kLength ? "" : last_of(chain)));
    }
  }
  return nodes;
}

std::string recorded(int rows, int columns) {
  const std::string shape = fmt::format("shape {{ dim {{ size: {} }} dim {{ size: {} }} }}", rows, columns);
  return "attr { key: '_output_shapes' value { list { " + shape + " } } } ";
}

std::string recorded_of(int chain) { return recorded(chain % 9 + 1, chain % 5 + 1); }

void expect_shapes(const Graph& graph) {
  for (int chain = 0; chain < kChains; ++chain) {
    const std::string first = fmt::format("[{},?]", chain % 9 + 1);
    EXPECT_EQ(graph.tensor(fmt::format("c{}_{}:0", chain, kLength - 2)).shape().to_string(), first);
    EXPECT_EQ(graph.tensor(fmt::format("c{}_{}:0", chain, kLength - 1)).shape().to_string(),
              fmt::format("[{},{}]", chain % 9 + 1, chain % 5 + 1));
  }
}

std::string joined(const std::vector<std::string>& nodes) {
  return fmt::format("{}{}", fmt::join(nodes, ""), versions_text());
}

TEST(ImportOfManyNodes, FindsTheShapesWhateverTheOrder) {
  std::vector<std::string> nodes = chains(recorded_of);
  for (int order = 0; order < 3; ++order) {
    Graph graph;
    import_graph_def_bytes(graph, joined(nodes), {.name = ""});
    EXPECT_EQ(graph.num_operations(), kChains * kLength);
    expect_shapes(graph);
    if (order == 0) std::reverse(nodes.begin(), nodes.end());
    else std::shuffle(nodes.begin(), nodes.end(), std::mt19937(7));
  }
}

// proves: E63
TEST(ImportOfManyNodes, RefusesAShapeThatCannotBeWhateverTheOrder) {
  for (const int bad : {0, kChains / 2, kChains - 1}) {
    std::vector<std::string> nodes =
        chains([&](int chain) { return chain == bad ? recorded(chain % 9 + 2, 1) : recorded_of(chain); });
    for (int order = 0; order < 2; ++order) {
      Graph graph;
      try {
        import_graph_def_bytes(graph, joined(nodes), {.name = ""});
        ADD_FAILURE() << "no error";
      } catch (const Error& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr(fmt::format("Node 'c{}_{}' has an _output_shapes attribute", bad,
                                                                 kLength - 1)));
      }
      EXPECT_EQ(graph.num_operations(), 0);
      std::reverse(nodes.begin(), nodes.end());
    }
  }
}

}  // namespace
}  // namespace tenon
