#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/nearest_names.h"
#include "base/progress_meter.h"
#include "kernels/io/wanted_tensor.h"
#include "kernels/math/cast_tensor.h"
#include "kernels/state/variable_key.h"
#include "runtime/session_impl.h"
#include "saver/object_names.h"
#include "saver/rename_rule.h"
#include "saver/values.h"
#include "tenon/error.h"

namespace tenon {
namespace {

constexpr std::size_t kWithNearest = 50;

// One piece on its way.
struct Item {
  const RestorePiece* piece = nullptr;
  WantedTensor wanted;           // with the names of the checkpoint, and the type to read
  std::optional<Misfit> misfit;
  std::uint64_t bytes = 0;       // that are read
  Tensor value;
};

const Node& owner(const RestorePiece& piece) { return piece.variable ? *piece.variable : *piece.consumer; }

PartialShape declared_shape(const RestorePiece& piece) {
  return piece.variable->attr_or<PartialShape>("shape", PartialShape::unknown());
}

// The steps of one restore. Variables change in the last of them.
class Restore {
 public:
  Restore(Session& session, const RestorePlan& plan, const CheckpointReader& source, const RestoreOptions& options)
      : session_(session), state_(session.impl().state()), source_(source), options_(options) {
    std::vector<WantedTensor> wanted;
    wanted.reserve(plan.pieces.size());
    for (const RestorePiece& piece : plan.pieces) {
      wanted.push_back(
          {options.rename && !piece.renamed ? options.rename(piece.key) : piece.key, piece.slice.str(), piece.dtype});
    }
    wanted = by_object_names(source, std::move(wanted), options.mode == RestoreMode::Matching || options.dry_run);
    items_.reserve(wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      items_.push_back(
          {.piece = &plan.pieces[i], .wanted = std::move(wanted[i]), .misfit = {}, .bytes = 0, .value = {}});
    }
  }

  RestoreReport run() {
    for (Item& item : items_) check(item);
    if (options_.mode == RestoreMode::Strict && !options_.dry_run) throw_any();
    const std::vector<Item*> fitting = what_fits();
    if (!options_.dry_run) {
      read(fitting);
      if (options_.mode == RestoreMode::Strict) throw_any();
      assign(what_fits());
    }
    return report();
  }

 private:
  // The shape that the variable must get, as far as it is known.
  PartialShape target_shape(const RestorePiece& piece) const {
    const PartialShape declared = declared_shape(piece);
    if (!piece.reshape || declared.fully_defined()) return declared;
    const auto variable = state_.find_variable(variable_key(*piece.variable));
    const auto now = variable ? variable->shape() : std::nullopt;
    return now ? PartialShape(*now) : declared;
  }

  void check(Item& item) const {
    const DType target = base_dtype(item.wanted.dtype);
    const auto stored = source_.find(item.wanted.key);
    if (stored && options_.cast != RestoreCast::None && can_cast(stored->dtype, target))
      item.wanted.dtype = stored->dtype;
    item.misfit = check_wanted(source_, item.wanted, stored);
    if (item.misfit) return;
    const Shape found = restored_shape(item.wanted, *stored);
    item.bytes = static_cast<std::uint64_t>(found.elements()) * dtype_size(item.wanted.dtype);
    if (!item.piece->variable || !item.piece->check_shape) return;
    const PartialShape wanted = target_shape(*item.piece);
    if (item.piece->reshape && wanted.fully_defined() && wanted.elements() == found.elements()) return;
    if (wanted.compatible_with(found)) return;
    const std::string& key = item.wanted.key;
    item.misfit = Misfit{
        Misfit::Kind::Shape, key,
        item.piece->reshape && wanted.fully_defined()
            ? fmt::format("Input to reshape is a tensor with {} values, but the requested shape has {}: "
                          "variable {}, stored as {} with shape {}",
                          found.elements(), wanted.elements(), item.piece->variable->name, key, found.to_string())
            : fmt::format("Assign requires shapes of both tensors to match. lhs shape= {} rhs shape= {}: "
                          "variable {}, stored as {}",
                          wanted.to_string(), found.to_string(), item.piece->variable->name, key),
        wanted.to_string(), found.to_string()};
  }

  std::vector<std::string> wanted_names() const {
    std::set<std::string> names;
    for (const Item& item : items_) names.insert(item.wanted.key);
    return {names.begin(), names.end()};
  }

  std::optional<FoundRule> rename_rule() const {
    const bool missing = std::any_of(items_.begin(), items_.end(), [](const Item& item) {
      return item.misfit && item.misfit->kind == Misfit::Kind::Missing;
    });
    return missing ? find_rename_rule(wanted_names(), source_.keys()) : std::nullopt;
  }

  void throw_any() const {
    std::vector<Misfit> misfits;
    for (const Item& item : items_) {
      if (item.misfit) misfits.push_back(*item.misfit);
    }
    if (misfits.empty()) return;
    const auto found = rename_rule();
    throw_misfits(source_, misfits, items_.size(),
                  found ? fmt::format("{} {} of {} would be found (RestoreOptions::rename)", found->rule.to_string(),
                                      found->found, found->wanted)
                        : "");
  }

  // An operation with several pieces runs with all of them or not at all.
  std::vector<Item*> what_fits() {
    std::set<const Node*> without;
    for (const Item& item : items_) {
      if (item.misfit && !item.piece->variable) without.insert(item.piece->consumer);
    }
    std::vector<Item*> fitting;
    for (Item& item : items_) {
      if (!item.misfit && !without.contains(item.piece->consumer)) fitting.push_back(&item);
    }
    return fitting;
  }

  void read(const std::vector<Item*>& items) const {
    std::vector<TensorRequest> requests;
    requests.reserve(items.size());
    std::uint64_t bytes = 0;
    for (const Item* item : items) {
      requests.push_back({item->wanted.key, parse_shape_and_slice(item->wanted.slice)});
      bytes += item->bytes;
    }
    ProgressMeter progress(options_.progress, bytes);
    std::vector<Tensor> values = source_.read_all(
        requests, {options_.mapped, options_.check_mapped, options_.progress ? &progress : nullptr});
    progress.finish();
    for (std::size_t i = 0; i < items.size(); ++i) {
      items[i]->value = std::move(values[i]);
      convert(*items[i]);
    }
  }

  void convert(Item& item) const {
    const DType target = base_dtype(item.piece->dtype), found = item.wanted.dtype;
    if (found != target) {
      Tensor converted = cast_tensor(item.value, target);
      if (options_.cast == RestoreCast::Exact && !same_values(cast_tensor(converted, found), item.value)) {
        item.misfit = Misfit{
            Misfit::Kind::DType, item.wanted.key,
            fmt::format("tensor_name = {}; expected dtype {} does not equal original dtype {}, and does not "
                        "have all of its values",
                        item.wanted.key, message_dtype(target), message_dtype(found)),
            dtype_name(target), fmt::format("{} values that {} does not have", dtype_name(found), dtype_name(target))};
        return;
      }
      item.value = std::move(converted);
    }
    if (!item.piece->variable || !item.piece->reshape) return;
    const PartialShape shape = target_shape(*item.piece);
    if (shape.fully_defined()) item.value = item.value.reshaped(shape.to_shape());
  }

  std::shared_ptr<VariableState> state_of(const RestorePiece& piece) const {
    const Node& node = *piece.variable;
    return state_.variable(variable_key(node), node.attr<DType>("dtype"), declared_shape(piece),
                           node.type == "VarHandleOp");
  }

  void assign(const std::vector<Item*>& items) const {
    std::vector<std::shared_ptr<VariableState>> variables;
    Feeds feeds;
    std::set<std::pair<const Node*, int>> fed;
    std::set<Node*> consumers;
    for (const Item* item : items) {
      const RestorePiece& piece = *item->piece;
      variables.push_back(piece.variable ? state_of(piece) : nullptr);
      if (piece.variable) continue;
      consumers.insert(piece.consumer);
      if (fed.emplace(piece.restored.node, piece.restored.index).second) {
        feeds.emplace_back(to_output(piece.restored), item->value);
      }
    }
    // Tables and the like first: they may still fail.
    Targets targets;
    for (Node* consumer : consumers) targets.push_back(to_operation(consumer));
    if (!targets.empty()) session_.run(std::vector<Output>{}, feeds, targets);
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (variables[i]) variables[i]->assign(std::move(items[i]->value));
    }
  }

  RestoreReport report() {
    RestoreReport report;
    for (const Item* item : what_fits()) {
      const std::string& name = owner(*item->piece).name;
      if (report.restored.empty() || report.restored.back() != name) report.restored.push_back(name);
    }
    std::vector<std::string_view> asked;
    for (const Item& item : items_) {
      asked.push_back(item.wanted.key);
      if (item.misfit) add_misfit(report, *item.misfit, owner(*item.piece).name);
    }
    if (!std::is_sorted(asked.begin(), asked.end())) std::sort(asked.begin(), asked.end());
    asked.erase(std::unique(asked.begin(), asked.end()), asked.end());
    std::set_difference(source_.keys().begin(), source_.keys().end(), asked.begin(), asked.end(),
                        std::back_inserter(report.extra));
    report.wanted = asked.size();
    if (const auto found = rename_rule()) {
      report.rename = found->rule;
      report.found_with_rename = found->found;
    }
    return report;
  }

  void add_misfit(RestoreReport& report, const Misfit& misfit, const std::string& name) const {
    if (misfit.kind == Misfit::Kind::Missing) {
      report.missing.push_back({misfit.key, name, {}});
      if (report.missing.size() <= kWithNearest)
        report.missing.back().nearest = nearest_names(misfit.key, source_.keys());
      return;
    }
    auto& list = misfit.kind == Misfit::Kind::Shape ? report.shape : report.dtype;
    list.push_back({misfit.key, name, misfit.expected, misfit.found});
  }

  Session& session_;
  SessionState& state_;
  const CheckpointReader& source_;
  const RestoreOptions& options_;
  std::vector<Item> items_;
};

}  // namespace

RestoreReport restore_pieces(Session& session, const RestorePlan& plan, const std::string& prefix,
                             const RestoreOptions& options) {
  const auto source = open_checkpoint(prefix);
  return Restore(session, plan, *source, options).run();
}

}  // namespace tenon
