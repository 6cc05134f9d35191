#include "kernels/io/wanted_tensor.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/files.h"
#include "base/nearest_names.h"
#include "formats/bundle/bundle_reader.h"
#include "formats/meta_graph/meta_graph.h"
#include "tenon/error.h"

namespace tenon {
namespace {

constexpr std::size_t kListed = 50;

}  // namespace

std::unique_ptr<CheckpointReader> open_checkpoint(const std::string& prefix) {
  const auto found = find_checkpoint(prefix);
  if (!found && file_exists(prefix) && !is_directory(prefix)) {
    throw Error(Code::DataLoss, fmt::format("Unable to open table file {}: not an sstable: perhaps your file is in a "
                                            "different file format: it is {}",
                                            prefix, model_file_name(recognise_model_file(prefix))));
  }
  // Of a name that stands for nothing, the reader says what was expected.
  return CheckpointReader::open_with_data(found.value_or(CheckpointPath{CheckpointFormat::V2, prefix, {}}));
}

std::optional<Misfit> check_wanted(const CheckpointReader& source, const WantedTensor& wanted,
                                   const std::optional<CheckpointEntry>& stored) {
  const bool v1 = source.format() == CheckpointFormat::V1;  // TensorFlow has other words for it
  if (!stored) {
    return Misfit{Misfit::Kind::Missing, wanted.key,
                  v1 ? fmt::format("Tensor name \"{}\" not found in checkpoint files", wanted.key)
                     : fmt::format("Key {} not found in checkpoint", wanted.key),
                  dtype_name(base_dtype(wanted.dtype)), ""};
  }
  if (stored->dtype != base_dtype(wanted.dtype)) {
    const std::string is = message_dtype(stored->dtype), expected = message_dtype(base_dtype(wanted.dtype));
    return Misfit{
        Misfit::Kind::DType, wanted.key,
        v1 ? fmt::format("Expected to restore a tensor of type {}, got a tensor of type {} instead: tensor_name = "
                         "{}",
                         expected, is, wanted.key)
           : fmt::format("tensor_name = {}; expected dtype {} does not equal original dtype {}", wanted.key, expected,
                         is),
        dtype_name(base_dtype(wanted.dtype)), dtype_name(stored->dtype)};
  }
  const auto part = parse_shape_and_slice(wanted.slice);
  if (part && !(part->full == stored->shape)) {
    const std::string expected = part->full.to_string(), is = stored->shape.to_string();
    return Misfit{
        Misfit::Kind::Shape, wanted.key,
        v1 ? fmt::format("tensor_name = {}; Shape in shape_and_slice spec {} does not match the shape in the save "
                         "file: {}",
                         wanted.key, expected, is)
           : fmt::format("tensor_name = {}; shape in shape_and_slice spec {} does not match the shape stored in "
                         "checkpoint: {}",
                         wanted.key, expected, is),
        expected, is};
  }
  return std::nullopt;
}

Shape restored_shape(const WantedTensor& wanted, const CheckpointEntry& stored) {
  const auto part = parse_shape_and_slice(wanted.slice);
  return part ? part->slice.shape_in(part->full) : stored.shape;
}

void throw_misfits(const CheckpointReader& source, const std::vector<Misfit>& misfits, std::size_t wanted,
                   const std::string& advice) {
  if (misfits.empty()) return;
  const bool missing = std::any_of(misfits.begin(), misfits.end(),
                                   [](const Misfit& misfit) { return misfit.kind == Misfit::Kind::Missing; });
  std::string text = fmt::format("Restoring from checkpoint failed: {} of {} tensors do not fit {}, and nothing was "
                                 "restored. This is most likely due to {}",
                                 misfits.size(), wanted, source.prefix(),
                                 missing ? "a Variable name or other graph key that is missing from the checkpoint:"
                                         : "a mismatch between the current graph and the graph from the checkpoint:");
  for (std::size_t i = 0; i < misfits.size() && i < kListed; ++i) {
    text += "\n  " + misfits[i].text;
    if (misfits[i].kind == Misfit::Kind::Missing) text += nearest_phrase(misfits[i].key, source.keys());
  }
  if (misfits.size() > kListed) text += fmt::format("\n  and {} more", misfits.size() - kListed);
  if (!advice.empty()) text += "\n" + advice;
  throw Error(missing ? Code::NotFound : Code::InvalidArgument, text);
}

std::vector<Tensor> restore_values(const CheckpointReader& source, const std::vector<WantedTensor>& wanted,
                                   const BulkOptions& options) {
  std::vector<Misfit> misfits;
  std::vector<TensorRequest> requests;
  for (const WantedTensor& tensor : wanted) {
    if (auto misfit = check_wanted(source, tensor, source.find(tensor.key))) misfits.push_back(std::move(*misfit));
    else requests.push_back({tensor.key, parse_shape_and_slice(tensor.slice)});
  }
  throw_misfits(source, misfits, wanted.size());
  return source.read_all(requests, options);
}

}  // namespace tenon
