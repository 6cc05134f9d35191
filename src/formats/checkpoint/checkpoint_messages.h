// What the messages of both checkpoint formats share.
#pragma once

#include <string>

#include "formats/bundle/tensor_slice.h"

namespace tenon {

namespace proto {
class TensorSliceProto;
class VersionDef;
}  // namespace proto

// Throws InvalidArgument if the file says that this version of the format is too old to read it.
void check_checkpoint_version(const proto::VersionDef& version, const std::string& file);

// TensorSliceProto: 1 extent... {1 start, 2 length}; an extent without length is all of the dimension.
TensorSlice slice_from_proto(const proto::TensorSliceProto& proto);
void slice_to_proto(const TensorSlice& slice, proto::TensorSliceProto* proto);

}  // namespace tenon
