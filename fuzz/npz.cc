#include "formats/npz/npz.h"

#include "target.h"

TENON_FUZZ_TARGET(bytes) {
  try {
    tenon::parse_npy(bytes, "fuzz");
  } catch (const tenon::Error&) {
    // Then it may be an archive.
  }
  tenon::parse_npz(bytes, "fuzz");
}
