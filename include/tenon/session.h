// Session: runs parts of a graph. It owns the values of the variables.
//
//   tenon::Session session(graph);
//   session.run(graph.global_variables_initializer());
//   auto [loss, accuracy] = session.run({model.loss, model.accuracy}, {{x, images}, {y, labels}});
//   session.run({}, {{x, images}}, {train_step});
//
// A session may be used from many threads at once; the graph must outlive it. The first run of a new set of feeds,
// fetches and targets makes a plan; later ones reuse it. Values returned are the caller's own.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tenon/graph.h"
#include "tenon/tensor.h"

namespace tenon {

class SessionImpl;

using Feed = std::pair<Output, Tensor>;
using Feeds = std::vector<Feed>;
using Targets = std::vector<Operation>;

class Session {
 public:
  explicit Session(const Graph& graph);
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  // Runs what the fetches and targets need, and returns the fetched values in order. A feed replaces the value of
  // an output. Throws tenon::Error, with TensorFlow's code and the node's name:
  // InvalidArgument (a feed of another type or shape, an unbound placeholder), FailedPrecondition (a variable
  // without a value), Unimplemented (all operations without a kernel that the request needs, in one message), ...
  std::vector<Tensor> run(const std::vector<Output>& fetches, const Feeds& feeds = {}, const Targets& targets = {});

  // The same with a fixed number of fetches, for `auto [a, b] = session.run({a_out, b_out})`.
  template <std::size_t N>
  std::array<Tensor, N> run(const Output (&fetches)[N], const Feeds& feeds = {}, const Targets& targets = {}) {
    std::vector<Tensor> values = run(std::vector<Output>(fetches, fetches + N), feeds, targets);
    std::array<Tensor, N> result;
    std::move(values.begin(), values.end(), result.begin());
    return result;
  }

  // One value (of an Output or a Variable); one operation for its effect.
  template <std::convertible_to<Output> T>
  Tensor run(const T& fetch, const Feeds& feeds = {}) {
    return run(std::vector<Output>{fetch}, feeds)[0];
  }
  void run(const Operation& target, const Feeds& feeds = {});
  // One value by its name, "add:0". Throws as Graph::tensor for a name that is none.
  Tensor run(std::string_view fetch, const Feeds& feeds = {});

  // The names of the graph's global and local variables that have no value yet.
  std::vector<std::string> uninitialized_variables() const;

  // Frees the values of the variables. What is asked of the session afterwards throws FailedPrecondition, as of one
  // that was moved from.
  void close();

  SessionImpl& impl() const {
    if (!impl_) throw_closed();
    return *impl_;
  }
  const Graph& graph() const;

 private:
  [[noreturn]] static void throw_closed();

  std::unique_ptr<SessionImpl> impl_;
};

}  // namespace tenon
