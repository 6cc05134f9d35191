#include "tenon/session.h"

#include <fmt/format.h>

#include "kernels/state/variable_key.h"
#include "runtime/session_impl.h"

namespace tenon {
namespace {

void require_same_graph(const GraphImpl& of, const GraphImpl& session, const std::string& name, const char* what) {
  if (&of == &session) return;
  throw Error(Code::InvalidArgument,
              fmt::format("the {} {} belongs to another graph than the session; look it up in the session's graph",
                          what, name));
}

}  // namespace

Session::Session(const Graph& graph) : impl_(std::make_unique<SessionImpl>(graph)) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

std::vector<Tensor> Session::run(const std::vector<Output>& fetches, const Feeds& feeds, const Targets& targets) {
  const GraphImpl& graph = impl().graph_impl();
  Request request;
  request.feeds.reserve(feeds.size());
  for (const auto& [output, value] : feeds) {
    request.feeds.push_back(to_edge(output));
    require_same_graph(output.graph(), graph, output.name(), "feed");
  }
  request.fetches.reserve(fetches.size());
  for (const Output& fetch : fetches) {
    request.fetches.push_back(to_edge(fetch));
    require_same_graph(fetch.graph(), graph, fetch.name(), "fetch");
  }
  request.targets.reserve(targets.size());
  for (const Operation& target : targets) {
    request.targets.push_back(target.node());
    require_same_graph(target.graph(), graph, target.name(), "target");
  }
  return impl().run(std::move(request), feeds);
}

void Session::run(const Operation& target, const Feeds& feeds) { run(std::vector<Output>{}, feeds, {target}); }

Tensor Session::run(std::string_view fetch, const Feeds& feeds) { return run(impl().graph().tensor(fetch), feeds); }

std::vector<std::string> Session::uninitialized_variables() const {
  std::vector<std::string> names;
  for (const auto& variables : {graph().global_variables(), graph().local_variables()}) {
    for (const Variable& variable : variables) {
      const auto state = impl().state().find_variable(variable_key(*variable.handle.op().node()));
      if (!state || !state->initialised()) names.push_back(variable.handle.op().name());
    }
  }
  return names;
}

void Session::close() { impl_.reset(); }

void Session::throw_closed() { throw Error(Code::FailedPrecondition, "Attempted to use a closed Session."); }

const Graph& Session::graph() const { return impl().graph(); }

}  // namespace tenon
