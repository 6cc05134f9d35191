// What a Saver takes, as far as the compiler sees it.
#include <concepts>

#include "saver/saver_test_harness.h"

namespace tenon {
namespace {

template <typename S>
concept Saves = requires(Saver& saver, S session) { saver.save(session, "m"); };

// proves: E6 E9 E18
TEST(VarList, WhatIsNoVariableDoesNotCompile) {
  static_assert(std::constructible_from<VarList, std::vector<Variable>>);
  static_assert(std::constructible_from<VarList, std::map<std::string, Variable>>);
  static_assert(!std::constructible_from<VarList, std::map<int, Variable>>);
  static_assert(!std::constructible_from<VarList, std::vector<Output>>);
  static_assert(!std::constructible_from<VarList, std::map<std::string, Operation>>);
  static_assert(!std::constructible_from<Saveable, std::vector<Output>>);
  static_assert(!std::constructible_from<VarList, std::vector<Operation>>);
  static_assert(!std::constructible_from<Saver, Graph&, int>);
  static_assert(!std::constructible_from<Saver, Graph&, Output>);
  static_assert(Saves<Session&>);
  static_assert(!Saves<std::nullptr_t> && !Saves<Graph&>);
}

}  // namespace
}  // namespace tenon
