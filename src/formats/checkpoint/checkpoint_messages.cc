#include "formats/checkpoint/checkpoint_messages.h"

#include <algorithm>

#include <fmt/format.h>

#include "checkpoint.pb.h"
#include "tenon/error.h"

namespace tenon {
namespace {

constexpr int kVersion = 1;

}  // namespace

void check_checkpoint_version(const proto::VersionDef& version, const std::string& file) {
  if (version.min_consumer() > kVersion) {
    throw Error(
        Code::InvalidArgument,
        fmt::format("{}: Checkpoint min consumer version {} above current version {}; it was written by a newer "
                    "TensorFlow",
                    file, version.min_consumer(), kVersion));
  }
  if (version.producer() < 0) {
    throw Error(Code::InvalidArgument, fmt::format("{}: Checkpoint producer version {} below min producer 0", file,
                                                   version.producer()));
  }
  if (std::count(version.bad_consumers().begin(), version.bad_consumers().end(), kVersion) != 0) {
    throw Error(Code::InvalidArgument,
                fmt::format("{}: Checkpoint disallows consumer version {}", file, kVersion));
  }
}

TensorSlice slice_from_proto(const proto::TensorSliceProto& proto) {
  TensorSlice slice;
  for (const auto& extent : proto.extent()) {
    const bool whole = extent.has_length_case() == proto::TensorSliceProto::Extent::HAS_LENGTH_NOT_SET;
    slice.extents.push_back(whole ? Extent{} : Extent{extent.start(), extent.length()});
  }
  return slice;
}

void slice_to_proto(const TensorSlice& slice, proto::TensorSliceProto* proto) {
  for (const Extent& extent : slice.extents) {
    auto* out = proto->add_extent();
    if (extent.length < 0) continue;
    out->set_start(extent.start);
    out->set_length(extent.length);
  }
}

}  // namespace tenon
