#include "runtime/program.h"

#include <gtest/gtest.h>

#include "runtime/registry.h"
#include "runtime/test_graph.h"

namespace tenon {
namespace {

// The program of a request whose feeds have the given values' shapes.
struct Made {
  SessionState state;
  Program::Constants constants;
  Plan plan;
  std::unique_ptr<Program> program;

  Made(std::vector<Output> fetches, const Feeds& feeds) {
    Request request;
    for (const Output& fetch : fetches) request.fetches.push_back(to_edge(fetch));
    for (const auto& [output, value] : feeds) request.feeds.push_back(to_edge(output));
    plan = make_plan(request, kernel_registry(), state);
    ProgramKey key;
    std::vector<Given> givens;
    for (std::size_t i = 0; i < feeds.size(); ++i) {
      givens.push_back({plan.feeds[i], feeds[i].second});
      key.givens.emplace_back(feeds[i].second.dtype(), feeds[i].second.shape());
    }
    program =
        std::make_unique<Program>(plan, key, givens, state, constants, 0, static_cast<int>(plan.blocks[0].size()));
  }
};

Tensor ones(std::int64_t n) { return Tensor(std::vector<float>(n, 1.f)); }

TEST(Program, WhatFollowsFromShapesBecomesAConstant) {
  TestGraph g;
  const Output x = g.placeholder(float32, {-1}, "x");
  const Output size = g.add("Size", "size", {g.add("Neg", "neg", {x})});
  const Output twice = g.add("AddV2", "twice", {size, size});
  const Made made({twice}, {{x, ones(5)}});
  EXPECT_EQ(made.program->counts().steps, 1);  // Neg stays: only its shape is known
}

TEST(Program, AChainOfElementwiseStepsNeedsOnePlaceInTheArena) {
  TestGraph g;
  const Output x = g.placeholder(float32, {-1}, "x");
  Output y = x;
  for (int i = 0; i < 6; ++i) y = g.add("Neg", "neg", {y});
  const Made made({g.add("Sum", "sum", {y, g.constant(Tensor(0), "axis")})}, {{x, ones(1024)}});
  EXPECT_EQ(made.program->arena_bytes(), 4096u);
}

TEST(Program, ValuesThatLiveAtTheSameTimeHaveDifferentPlaces) {
  TestGraph g;
  const Output x = g.placeholder(float32, {-1}, "x");
  const Output a = g.add("Neg", "a", {x}), b = g.add("Exp", "b", {x});
  const Made made({g.add("Sum", "sum", {g.add("Sub", "sub", {a, b}), g.constant(Tensor(0), "axis")})},
                  {{x, ones(1024)}});
  EXPECT_EQ(made.program->arena_bytes(), 8192u);
}

TEST(Program, AFetchedValueIsNotInTheArena) {
  TestGraph g;
  const Output x = g.placeholder(float32, {-1}, "x");
  const Made made({g.add("Neg", "a", {x})}, {{x, ones(1024)}});
  EXPECT_EQ(made.program->arena_bytes(), 0u);
}

TEST(Program, AStepWhoseShapeDependsOnValuesIsDynamicAndSoIsWhatFollows) {
  TestGraph g;
  const Output x = g.placeholder(float32, {-1}, "x");
  const Output unique = g.add("Unique", "unique", {x}), after = g.add("Neg", "after", {unique});
  const Made made({after}, {{x, ones(4)}});
  EXPECT_EQ(made.program->counts().dynamic, 1);  // Neg; Unique itself is prepared
}

}  // namespace
}  // namespace tenon
