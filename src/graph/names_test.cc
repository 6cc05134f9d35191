#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "graph/graph_impl.h"
#include "graph/names.h"
#include "graph/variable_scope.h"

namespace tenon {
namespace {

struct Recorded {
  std::string request, argument, answer;
};

std::vector<Recorded> read_recorded(const std::string& file) {
  std::ifstream stream(std::string(TENON_FIXTURES) + "/" + file);
  std::vector<Recorded> result;
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream fields(line);
    Recorded recorded;
    std::getline(fields, recorded.request, '\t');
    std::getline(fields, recorded.argument, '\t');
    std::getline(fields, recorded.answer, '\t');
    result.push_back(std::move(recorded));
  }
  return result;
}

std::string no_op(GraphImpl& graph, const std::string& name) { return graph.add({.type = "NoOp", .name = name})->name; }

// proves: S7.3
TEST(UniqueName, AnswersAsTensorFlowDidToARandomListOfRequests) {
  GraphImpl graph;
  std::vector<Scope> scopes;
  const auto recorded = read_recorded("unique_names.txt");
  ASSERT_GT(recorded.size(), 1000u);
  for (std::size_t i = 0; i < recorded.size(); ++i) {
    const auto& [request, argument, answer] = recorded[i];
    std::string found;
    if (request == "op") found = no_op(graph, argument);
    if (request == "unique") found = graph.unique_name(argument);
    if (request == "peek") found = graph.unique_name(argument, false);
    if (request == "enter") found = scopes.emplace_back(graph.name_scope(argument)).name();
    if (request == "leave") scopes.pop_back();
    ASSERT_EQ(found, answer) << "request " << i << ": " << request << " " << argument;
  }
}

// proves: S7.22
TEST(VariableScope, AnswersAsTensorFlowDidToARandomListOfRequests) {
  GraphImpl graph;
  std::vector<std::variant<Scope, VariableScope>> open;
  std::vector<VariableScopeInfo> kept;
  const auto make = [&](const std::string& name) {
    Variable variable;
    variable.handle = to_output(
        {graph.add({.type = "VariableV2", .name = name, .attrs = {{"shape", PartialShape{1}}, {"dtype", float32}}}),
         0});
    return variable;
  };
  const auto text = [](const VariableScope& scope) { return scope.name() + "|" + scope.info().original_name_scope; };
  const auto recorded = read_recorded("variable_scopes.txt");
  ASSERT_GT(recorded.size(), 1000u);
  for (std::size_t i = 0; i < recorded.size(); ++i) {
    const auto& [request, argument, answer] = recorded[i];
    std::string found;
    if (request == "op") found = no_op(graph, argument);
    if (request == "enter") {
      open.emplace_back(graph.name_scope(argument));
      found = std::get<Scope>(open.back()).name();
    }
    if (request == "scope" || request == "default" || request == "again") {
      VariableScopeOptions options;
      if (request == "scope") options.name = argument;
      if (request == "default") options.default_name = argument;
      if (request == "again") options.scope = &kept[std::stoi(argument)];
      open.emplace_back(enter_variable_scope(graph, options));
      found = text(std::get<VariableScope>(open.back()));
      if (request != "again") kept.push_back(std::get<VariableScope>(open.back()).info());
    }
    if (request == "variable") {
      found = get_or_make_variable(graph, argument, {1}, float32, make).handle.op().name();
    }
    if (request == "leave") open.pop_back();
    ASSERT_EQ(found, answer) << "request " << i << ": " << request << " " << argument;
  }
}

TEST(VariableScope, SharesVariablesOnlyWhereItReuses) {
  GraphImpl graph;
  int made = 0;
  const auto make = [&](const std::string& name) {
    ++made;
    Variable variable;
    variable.handle = to_output(
        {graph.add({.type = "VariableV2", .name = name, .attrs = {{"shape", PartialShape{2}}, {"dtype", float32}}}),
         0});
    return variable;
  };
  const auto get = [&](Reuse reuse, PartialShape shape, DType type) {
    const auto scope = enter_variable_scope(graph, {.name = "s", .reuse = reuse});
    return get_or_make_variable(graph, "v", shape, type, make).name();
  };
  EXPECT_THROW(get(Reuse::Reuse, {2}, float32), Error);
  EXPECT_EQ(get(Reuse::Inherit, {2}, float32), "s/v:0");
  EXPECT_THROW(get(Reuse::Inherit, {2}, float32), Error);
  EXPECT_EQ(get(Reuse::Reuse, {2}, float32), "s/v:0");
  EXPECT_EQ(get(Reuse::Auto, {2}, float32), "s/v:0");
  EXPECT_THROW(get(Reuse::Auto, {3}, float32), Error);
  EXPECT_THROW(get(Reuse::Auto, {2}, int32), Error);
  EXPECT_EQ(made, 1);
}

TEST(DeviceNames, AreCanonicalAndMergeFromTheInside) {
  EXPECT_EQ(canonical_device("/cpu:0"), "/device:CPU:0");
  EXPECT_EQ(canonical_device("/device:CPU:*"), "/device:CPU:*");
  EXPECT_EQ(merge_devices("/device:CPU:0", "/job:ps/task:1"), "/job:ps/task:1/device:CPU:0");
  EXPECT_EQ(merge_devices("/job:a/cpu:0", "/job:b"), "/job:b/device:CPU:0");
  EXPECT_THROW(canonical_device("/nonsense:0"), Error);
}

TEST(OutputNames, HaveANodeAndPerhapsAnIndex) {
  EXPECT_EQ(parse_output_name("a/b:12")->index, 12);
  EXPECT_EQ(parse_output_name("a/b:12")->node, "a/b");
  EXPECT_FALSE(parse_output_name("a")->index.has_value());
  for (const char* bad : {"", ":0", "a:", "a:-1", "a:x", "a:0:0", "a:99999999999"}) {
    EXPECT_FALSE(parse_output_name(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace tenon
