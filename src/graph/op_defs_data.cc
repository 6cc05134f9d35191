#include "graph/op_defs_data.h"

#include <cstddef>

// TENON_OP_DEFS_FILE is the path of op_defs.pb, given by the build.
asm(".pushsection .rodata\n"
    ".balign 16\n"
    ".hidden tenon_op_defs_begin\n"
    ".global tenon_op_defs_begin\n"
    "tenon_op_defs_begin:\n"
    ".incbin \"" TENON_OP_DEFS_FILE "\"\n"
    ".hidden tenon_op_defs_end\n"
    ".global tenon_op_defs_end\n"
    "tenon_op_defs_end:\n"
    ".byte 0\n"
    ".popsection\n");

extern "C" {
__attribute__((visibility("hidden"))) extern const char tenon_op_defs_begin[];
__attribute__((visibility("hidden"))) extern const char tenon_op_defs_end[];
}

namespace tenon {

std::string_view embedded_op_defs() {
  return {tenon_op_defs_begin, static_cast<std::size_t>(tenon_op_defs_end - tenon_op_defs_begin)};
}

}  // namespace tenon
