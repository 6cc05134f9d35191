// How far long work has come: saving, restoring, verifying.
//
//   options.progress = [](std::uint64_t done, std::uint64_t total) { draw_bar(done, total); };
#pragma once

#include <cstdint>
#include <functional>

namespace tenon {

// Bytes done so far, and bytes in all; the last call has done == total if the work succeeds. Called from any thread
// that works, never from two at once, at most some 20 times a second; it must not throw and should be quick.
using ProgressFunction = std::function<void(std::uint64_t done, std::uint64_t total)>;

}  // namespace tenon
