// In which order files get their names, as the system saw it.
#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cstring>

#include "formats/bundle/bundle_writer.h"
#include "testing/temp_dir.h"

namespace tenon {
namespace {

class Watch {
 public:
  explicit Watch(const std::string& folder) : descriptor_(::inotify_init1(IN_NONBLOCK)) {
    ::inotify_add_watch(descriptor_, folder.c_str(), IN_CREATE | IN_MOVED_TO);
  }
  ~Watch() { ::close(descriptor_); }

  struct Event {
    bool renamed;  // else made under this name
    std::string name;
  };
  std::vector<Event> events() const {
    std::vector<Event> events;
    alignas(inotify_event) char buffer[1 << 16];
    for (ssize_t size; (size = ::read(descriptor_, buffer, sizeof buffer)) > 0;) {
      for (ssize_t at = 0; at < size;) {
        inotify_event event;
        std::memcpy(&event, buffer + at, sizeof event);
        events.push_back({(event.mask & IN_MOVED_TO) != 0, event.len > 0 ? buffer + at + sizeof event : ""});
        at += static_cast<ssize_t>(sizeof event + event.len);
      }
    }
    return events;
  }

 private:
  int descriptor_;
};

// No name of a checkpoint is that of a file while it is written, and the index gets its name after the data.
void expect_index_last(const std::vector<Watch::Event>& events) {
  ASSERT_FALSE(events.empty());
  std::vector<std::string> renamed;
  for (const Watch::Event& event : events) {
    if (event.renamed) renamed.push_back(event.name);
    else
      EXPECT_TRUE(event.name != "m.index" && !event.name.ends_with("-of-00001") && !event.name.ends_with("-of-00002"))
          << event.name << " was written in place";
  }
  ASSERT_FALSE(renamed.empty());
  EXPECT_EQ(renamed.back(), "m.index");
}

// proves: S1.32
TEST(CommitOrder, ACheckpointsIndexIsNamedLast) {
  TempDir dir;
  for (int i = 0; i < 2; ++i) {  // a new one, and over an old one
    const Watch watch(dir.path());
    BundleWriter writer(dir / "m");
    writer.add("a", Tensor(1.f));
    writer.finish();
    expect_index_last(watch.events());
  }
}

// proves: S1.32
TEST(CommitOrder, AMergedIndexIsNotWrittenInPlace) {
  TempDir dir;
  std::filesystem::create_directory(dir / "m_temp");
  for (const char* part : {"a", "b"}) {
    BundleWriter writer(dir / "m_temp/" + part);
    writer.add(part, Tensor(1.f));
    writer.finish();
  }
  const Watch watch(dir.path());
  merge_bundles({dir / "m_temp/a", dir / "m_temp/b"}, dir / "m");
  expect_index_last(watch.events());
}

}  // namespace
}  // namespace tenon
