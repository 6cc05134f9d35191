#include "kernels/io/checkpoint_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/files.h"
#include "base/nearest_names.h"
#include "base/parallel_for.h"
#include "formats/bundle/bundle_reader.h"
#include "formats/meta_graph/meta_graph.h"
#include "tenon/error.h"

namespace tenon {
namespace {

class BundleSource final : public CheckpointSource {
 public:
  explicit BundleSource(const std::string& prefix) : reader_(prefix) { reader_.open_data(); }

  const std::string& name() const override { return reader_.prefix(); }
  std::vector<std::string> keys() const override { return reader_.keys(); }

  std::optional<StoredTensor> find(const std::string& key) const override {
    const auto entry = reader_.find(key);
    if (!entry) return std::nullopt;
    return StoredTensor{entry->dtype, entry->shape};
  }

  Tensor read(const std::string& key, const std::string& slice) const override {
    const auto part = parse_shape_and_slice(slice);
    return part ? reader_.read(key, *part) : reader_.read(key);
  }

 private:
  BundleReader reader_;
};

constexpr std::size_t kListed = 50;

}  // namespace

std::unique_ptr<CheckpointSource> open_checkpoint(const std::string& prefix) {
  if (!file_exists(index_path(prefix)) && file_exists(prefix) && !is_directory(prefix) &&
      recognise_model_file(prefix) == ModelFile::V1Checkpoint) {
    throw Error(Code::Unimplemented, fmt::format("{} is a checkpoint of the format before 2017 (V1), which cannot be "
                                                 "restored from; convert it to V2 with TensorFlow",
                                                 prefix));
  }
  return std::make_unique<BundleSource>(prefix);
}

std::optional<Misfit> check_wanted(const CheckpointSource& source, const WantedTensor& wanted) {
  const auto stored = source.find(wanted.key);
  if (!stored) {
    return Misfit{true, fmt::format("Key {} not found in checkpoint{}", wanted.key,
                                    nearest_phrase(wanted.key, source.keys()))};
  }
  if (stored->dtype != base_dtype(wanted.dtype)) {
    return Misfit{false, fmt::format("tensor_name = {}; expected dtype {} does not equal original dtype {}", wanted.key,
                                     message_dtype(base_dtype(wanted.dtype)), message_dtype(stored->dtype))};
  }
  const auto part = parse_shape_and_slice(wanted.slice);
  if (part && !(part->full == stored->shape)) {
    return Misfit{false, fmt::format("tensor_name = {}; shape in shape_and_slice spec {} does not match the shape stored "
                                     "in checkpoint: {}",
                                     wanted.key, part->full.to_string(), stored->shape.to_string())};
  }
  return std::nullopt;
}

Shape restored_shape(const CheckpointSource& source, const WantedTensor& wanted) {
  const auto part = parse_shape_and_slice(wanted.slice);
  return part ? part->slice.shape_in(part->full) : source.find(wanted.key)->shape;
}

void throw_misfits(const CheckpointSource& source, const std::vector<Misfit>& misfits, std::size_t wanted) {
  if (misfits.empty()) return;
  const bool missing = std::any_of(misfits.begin(), misfits.end(), [](const Misfit& misfit) { return misfit.missing; });
  std::string text = fmt::format("Restoring from checkpoint failed: {} of {} tensors do not fit {}, and nothing was "
                                 "restored. This is most likely due to {}",
                                 misfits.size(), wanted, source.name(),
                                 missing ? "a Variable name or other graph key that is missing from the checkpoint:"
                                         : "a mismatch between the current graph and the graph from the checkpoint:");
  for (std::size_t i = 0; i < misfits.size() && i < kListed; ++i) text += "\n  " + misfits[i].text;
  if (misfits.size() > kListed) text += fmt::format("\n  and {} more", misfits.size() - kListed);
  throw Error(missing ? Code::NotFound : Code::InvalidArgument, text);
}

std::vector<Tensor> restore_values(const CheckpointSource& source, const std::vector<WantedTensor>& wanted) {
  std::vector<Misfit> misfits;
  for (const WantedTensor& tensor : wanted) {
    if (auto misfit = check_wanted(source, tensor)) misfits.push_back(std::move(*misfit));
  }
  throw_misfits(source, misfits, wanted.size());
  std::vector<Tensor> values(wanted.size());
  parallel_for(static_cast<std::int64_t>(wanted.size()), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) values[i] = source.read(wanted[i].key, wanted[i].slice);
  });
  return values;
}

}  // namespace tenon
