#include "formats/checkpoint_state/checkpoint_state.h"

#include <cstdlib>

#include "target.h"

TENON_FUZZ_TARGET(bytes) {
  const tenon::CheckpointState state = tenon::parse_checkpoint_state(bytes, "fuzz");
  const tenon::CheckpointState again = tenon::parse_checkpoint_state(tenon::checkpoint_state_text(state), "fuzz");
  if (state.all_model_checkpoint_paths != again.all_model_checkpoint_paths) std::abort();
}
