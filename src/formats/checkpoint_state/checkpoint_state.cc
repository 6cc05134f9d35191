#include "formats/checkpoint_state/checkpoint_state.h"

#include <fmt/format.h>

#include "checkpoint.pb.h"
#include "formats/message/message_io.h"

namespace tenon {
namespace {

constexpr std::uint64_t kMostBytes = std::uint64_t{64} << 20;

std::string escaped(std::string_view path) {
  std::string text;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '\n': text += "\\n"; break;
      case '\r': text += "\\r"; break;
      case '\t': text += "\\t"; break;
      case '"': text += "\\\""; break;
      case '\'': text += "\\'"; break;
      case '\\': text += "\\\\"; break;
      default:
        if (byte < 0x20 || byte == 0x7f) {
          text += fmt::format("\\{:03o}", byte);
        } else {
          text += c;
        }
    }
  }
  return text;
}

// As Python prints a float: always with a point or an exponent.
std::string number(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

}  // namespace

CheckpointState parse_checkpoint_state(std::string_view text, const std::string& name) {
  proto::CheckpointState proto;
  std::string error;
  if (!parse_text(text, proto, error, UnknownFields::Refuse)) {
    throw Error(Code::DataLoss, fmt::format("{}: no checkpoint state file: {}", name, error));
  }
  if (proto.model_checkpoint_path().empty()) {
    throw Error(Code::InvalidArgument,
                fmt::format("Invalid checkpoint state loaded from {}: it has no model_checkpoint_path", name));
  }
  CheckpointState state;
  state.model_checkpoint_path = proto.model_checkpoint_path();
  state.all_model_checkpoint_paths.assign(proto.all_model_checkpoint_paths().begin(),
                                          proto.all_model_checkpoint_paths().end());
  state.all_model_checkpoint_timestamps.assign(proto.all_model_checkpoint_timestamps().begin(),
                                               proto.all_model_checkpoint_timestamps().end());
  if (proto.last_preserved_timestamp() != 0) state.last_preserved_timestamp = proto.last_preserved_timestamp();
  const std::size_t times = state.all_model_checkpoint_timestamps.size();
  if (times != 0 && times != state.all_model_checkpoint_paths.size()) {
    throw Error(Code::InvalidArgument,
                fmt::format("{}: Checkpoint timestamps, if provided, must match checkpoint paths (got {} paths and {} "
                            "timestamps)",
                            name, state.all_model_checkpoint_paths.size(), times));
  }
  return state;
}

CheckpointState read_checkpoint_state(const std::string& path) {
  return parse_checkpoint_state(read_file(path, kMostBytes), path);
}

std::string checkpoint_state_text(const CheckpointState& state) {
  std::string text = fmt::format("model_checkpoint_path: \"{}\"\n", escaped(state.model_checkpoint_path));
  for (const std::string& path : state.all_model_checkpoint_paths) {
    text += fmt::format("all_model_checkpoint_paths: \"{}\"\n", escaped(path));
  }
  for (const double time : state.all_model_checkpoint_timestamps) {
    text += fmt::format("all_model_checkpoint_timestamps: {}\n", number(time));
  }
  if (state.last_preserved_timestamp) {
    text += fmt::format("last_preserved_timestamp: {}\n", number(*state.last_preserved_timestamp));
  }
  return text;
}

void write_checkpoint_state(const std::string& path, const CheckpointState& state, AtomicFile::Sync sync) {
  write_file_atomic(path, checkpoint_state_text(state), sync);
}

}  // namespace tenon
