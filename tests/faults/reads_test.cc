// Reads as a file system may answer them. Network file systems give less than was asked for, and Linux itself never
// gives 2 GiB at once: every pread of this program gives half while `halve` is set. And it tells which threads read.

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>

#include "base/parallel_for.h"
#include "faults/child.h"
#include "faults/ways.h"
#include "formats/bundle/bundle_reader.h"
#include "formats/bundle/bundle_writer.h"
#include "testing/temp_dir.h"

namespace tenon::faults {
namespace {

std::atomic<bool> halve{false}, watch_threads{false};
std::atomic<int> halved{0};
std::mutex mutex;
std::set<std::thread::id> readers;

ssize_t seen_pread(const char* function, int fd, void* into, std::size_t count, off64_t offset) {
  using Function = ssize_t (*)(int, void*, std::size_t, off64_t);
  if (halve && count > 1) {
    count /= 2;
    ++halved;
  }
  if (watch_threads) {
    {
      const std::lock_guard lock(mutex);
      readers.insert(std::this_thread::get_id());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));  // so that one thread does not do all of it
  }
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, function))(fd, into, count, offset);
}

class ShortReads : public testing::TestWithParam<Way> {
 protected:
  const TempDir dir_;
};

// proves: S9.13
TEST_P(ShortReads, AreContinued) {
  const Way way = GetParam();
  const Outcome outcome = in_child([&](Json& report) {
    save_before(way, dir_.path());
    const std::string prefix = save(way, dir_.path(), 3);
    halve = true;
    report["number"] = number_in(way, prefix);
    report["halved"] = halved.load();
  });
  ASSERT_EQ(outcome.trouble(), "");
  EXPECT_EQ(outcome.report["number"], 3);
  EXPECT_GT(outcome.report["halved"], 0);
}

INSTANTIATE_TEST_SUITE_P(Ways, ShortReads, testing::ValuesIn(all_ways()),
                         [](const auto& info) { return info.param.name; });

// proves: S5.13
TEST(Reads, OfALargeTensorAreMadeByAllThreads) {
  const TempDir dir;
  const Outcome outcome = in_child([&](Json& report) {
    const Tensor large(DType::UInt8, {16 << 20});
    BundleWriter writer(dir / "m");
    writer.add("large", large);
    writer.finish();
    const BundleReader reader(dir / "m");
    watch_threads = true;
    const std::vector<Tensor> read = reader.read_all(std::vector<TensorRequest>{{"large", std::nullopt}});
    watch_threads = false;
    report["equal"] = read[0].equals(large);
    report["threads"] = readers.size();
  });
  ASSERT_EQ(outcome.trouble(), "");
  EXPECT_EQ(outcome.report["equal"], true);
  EXPECT_GE(outcome.report["threads"], std::min(2, parallel_threads()));
}

}  // namespace
}  // namespace tenon::faults

extern "C" {
ssize_t pread(int fd, void* into, std::size_t count, off_t offset) {
  return tenon::faults::seen_pread("pread", fd, into, count, offset);
}
ssize_t pread64(int fd, void* into, std::size_t count, off64_t offset) {
  return tenon::faults::seen_pread("pread64", fd, into, count, offset);
}
}
