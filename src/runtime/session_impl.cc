#include "runtime/session_impl.h"

#include <algorithm>

#include <fmt/format.h>

#include "kernels/state/variable_key.h"
#include "runtime/registry.h"

namespace tenon {
namespace {

// More different shapes than this, and the plan runs with shapes found on the way instead of making programs for ever.
constexpr int kMaxPrograms = 16;
constexpr std::size_t kMaxIdlePrograms = 8;

// A view of a fed tensor that kernels do not keep: the caller may write to its memory after the run.
Tensor lent(const Tensor& tensor) {
  if (dtype_size(tensor.dtype()) == 0 || tensor.bytes() == 0) return tensor;
  auto owner = std::make_shared<Tensor>(tensor);
  std::byte* data = owner->raw();
  return Tensor(tensor.dtype(), tensor.shape(), Buffer::wrap(data, tensor.bytes(), std::move(owner), true));
}

}  // namespace

Arena ArenaPool::take(std::size_t bytes) {
  if (bytes == 0) return {};
  std::lock_guard lock(mutex_);
  if (!idle_.empty()) {
    Arena arena = std::move(idle_.back());
    idle_.pop_back();
    if (arena.bytes() >= bytes) return arena;
  }
  std::shared_ptr<Buffer> memory = Buffer::allocate(bytes);
  std::byte* data = memory->data();
  return {Buffer::wrap(data, bytes, std::move(memory), true)};
}

void ArenaPool::give_back(Arena arena) {
  if (arena.bytes() == 0) return;
  std::lock_guard lock(mutex_);
  idle_.push_back(std::move(arena));
}

PreparedRequest::PreparedRequest(Request request, const KernelRegistry& kernels, SessionState& state)
    : request_(std::move(request)), plan_(make_plan(request_, kernels, state)) {
  for (const Node* node : plan_.variables) {
    variables_.push_back(state.variable(variable_key(*node), node->attr<DType>("dtype"),
                                        node->attr_or<PartialShape>("shape", {}), node->type == "VarHandleOp"));
  }
}

std::vector<Given> PreparedRequest::check_feeds(const Feeds& feeds) const {
  std::vector<Given> givens;
  givens.reserve(feeds.size());
  for (std::size_t i = 0; i < feeds.size(); ++i) {
    const Tensor& tensor = feeds[i].second;
    const SlotInfo& info = plan_.slots[plan_.feeds[i]];
    if (!tensor.defined()) {
      throw Error(Code::InvalidArgument, fmt::format("the feed for {} is an undefined Tensor", plan_.feed_names[i]));
    }
    if (tensor.dtype() != info.type) {
      throw Error(Code::InvalidArgument,
                  fmt::format("Cannot feed a {} tensor for {}, which has type {}", dtype_name(tensor.dtype()),
                              plan_.feed_names[i], dtype_name(info.type)));
    }
    const PartialShape shape = feeds[i].first.shape();
    if (!shape.compatible_with(tensor.shape())) {
      throw Error(Code::InvalidArgument,
                  fmt::format("Cannot feed value of shape {} for Tensor {}, which has shape {}",
                              tensor.shape().to_string(), plan_.feed_names[i], shape.to_string()));
    }
    givens.push_back({plan_.feeds[i], lent(tensor)});
  }
  return givens;
}

ProgramKey PreparedRequest::key_of(const std::vector<Given>& givens, bool any_shape) const {
  ProgramKey key;
  key.givens.reserve(givens.size());
  for (const Given& given : givens) {
    key.givens.emplace_back(given.tensor.dtype(),
                            any_shape ? std::nullopt : std::optional<Shape>(given.tensor.shape()));
  }
  key.shape_versions.reserve(variables_.size());
  for (const auto& variable : variables_) key.shape_versions.push_back(variable->shape_version());
  return key;
}

std::unique_ptr<Program> PreparedRequest::take_program(const std::vector<Given>& givens, SessionState& state) {
  std::unique_lock lock(mutex_);
  ProgramKey key = key_of(givens, made_ >= kMaxPrograms);
  const ProgramKey exact = key_of(givens, false);
  for (auto at = idle_.rbegin(); at != idle_.rend(); ++at) {
    if ((*at)->key() == exact || (*at)->key() == key) {
      std::unique_ptr<Program> program = std::move(*at);
      idle_.erase(std::next(at).base());
      return program;
    }
  }
  ++made_;
  const int last = static_cast<int>(plan_.blocks[0].size());
  return std::make_unique<Program>(plan_, std::move(key), givens, state, constants_, plan_.num_prologue, last);
}

void PreparedRequest::give_back(std::unique_ptr<Program> program) {
  std::unique_ptr<Program> oldest;  // freed after the lock
  std::lock_guard lock(mutex_);
  idle_.push_back(std::move(program));
  if (idle_.size() > kMaxIdlePrograms) {
    oldest = std::move(idle_.front());
    idle_.erase(idle_.begin());
  }
}

// Iterators and queues say only by running what shapes they hand out.
std::vector<Given> PreparedRequest::run_prologue(std::vector<Given> feeds, SessionState& state) {
  std::unique_ptr<Program> prologue;
  {
    std::lock_guard lock(mutex_);
    if (!idle_prologues_.empty()) {
      prologue = std::move(idle_prologues_.back());
      idle_prologues_.pop_back();
    } else {
      prologue = std::make_unique<Program>(plan_, ProgramKey{}, std::vector<Given>{}, state, prologue_constants_, 0,
                                           plan_.num_prologue);
    }
  }
  std::vector<int> slots;
  for (int i = 0; i < plan_.num_prologue; ++i) {
    const Step& step = plan_.blocks[0][i];
    slots.insert(slots.end(), step.outputs.begin(), step.outputs.end());
  }
  std::vector<Tensor> values = prologue->run({}, {}, slots, {});
  for (std::size_t i = 0; i < slots.size(); ++i) feeds.push_back({slots[i], std::move(values[i])});
  std::lock_guard lock(mutex_);
  idle_prologues_.push_back(std::move(prologue));
  return feeds;
}

std::vector<Tensor> PreparedRequest::run(const Feeds& feeds, SessionState& state, ArenaPool& arenas,
                                         Profile* profile) {
  std::vector<Given> givens = check_feeds(feeds);
  if (plan_.num_prologue > 0) givens = run_prologue(std::move(givens), state);
  std::unique_ptr<Program> program = take_program(givens, state);
  const Arena arena = arenas.take(program->arena_bytes());
  std::vector<Tensor> values;
  try {
    values = program->run(std::move(givens), arena, plan_.fetches, plan_.fetch_guards, profile);
  } catch (...) {
    arenas.give_back(arena);
    give_back(std::move(program));
    throw;
  }
  // A caller gets memory of its own: not a variable's, a constant's or a feed's.
  for (Tensor& value : values) {
    if (!value.unique()) value = value.clone();
  }
  arenas.give_back(arena);
  give_back(std::move(program));
  return values;
}

std::shared_ptr<PreparedRequest> SessionImpl::prepared(Request request) {
  std::lock_guard lock(mutex_);
  const auto known = plans_.find(request);
  if (known != plans_.end()) return known->second;
  auto made = std::make_shared<PreparedRequest>(request, kernel_registry(), state_);
  plans_.emplace(std::move(request), made);
  return made;
}

std::vector<Tensor> SessionImpl::run(Request request, const Feeds& feeds) {
  return prepared(std::move(request))->run(feeds, state_, arenas_, profile_);
}

}  // namespace tenon
