// SessionImpl: the values of a session's variables, and the plans it has made.
#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "runtime/program.h"
#include "tenon/session.h"

namespace tenon {

// Arenas that no run uses at the moment. A session seldom needs more than one.
class ArenaPool {
 public:
  Arena take(std::size_t bytes);
  void give_back(Arena arena);

 private:
  std::mutex mutex_;
  std::vector<Arena> idle_;
};

// The plan of one request and its programs.
class PreparedRequest {
 public:
  PreparedRequest(Request request, const KernelRegistry& kernels, SessionState& state);

  std::vector<Tensor> run(const Feeds& feeds, SessionState& state, ArenaPool& arenas, Profile* profile);

 private:
  std::vector<Given> check_feeds(const Feeds& feeds) const;
  std::vector<Given> run_prologue(std::vector<Given> feeds, SessionState& state);
  ProgramKey key_of(const std::vector<Given>& givens, bool any_shape) const;
  std::unique_ptr<Program> take_program(const std::vector<Given>& givens, SessionState& state);
  void give_back(std::unique_ptr<Program> program);

  Request request_;
  Plan plan_;
  std::vector<std::shared_ptr<VariableState>> variables_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Program>> idle_;  // the latest used last
  std::vector<std::unique_ptr<Program>> idle_prologues_;
  int made_ = 0;
  Program::Constants constants_;
  Program::Constants prologue_constants_;
};

class SessionImpl {
 public:
  explicit SessionImpl(const Graph& graph) : graph_(&graph), graph_impl_(&graph.impl()) {}

  std::vector<Tensor> run(Request request, const Feeds& feeds);

  // From now on runs take the time of their steps; not while several threads run. Null stops it.
  void profile(Profile* profile) { profile_ = profile; }

  SessionState& state() { return state_; }
  const Graph& graph() const { return *graph_; }
  GraphImpl& graph_impl() const { return *graph_impl_; }

 private:
  std::shared_ptr<PreparedRequest> prepared(Request request);

  const Graph* graph_;
  GraphImpl* graph_impl_;
  SessionState state_;
  ArenaPool arenas_;
  Profile* profile_ = nullptr;
  std::mutex mutex_;
  std::unordered_map<Request, std::shared_ptr<PreparedRequest>, RequestHash> plans_;
};

}  // namespace tenon
