#include "formats/table/table_reader.h"
#include "target.h"

TENON_FUZZ_TARGET(bytes) { tenon::Table table(std::string(bytes), "fuzz"); }
