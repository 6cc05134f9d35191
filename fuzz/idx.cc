#include "formats/idx/idx.h"

#include "target.h"

TENON_FUZZ_TARGET(bytes) { tenon::parse_idx(bytes, "fuzz"); }
