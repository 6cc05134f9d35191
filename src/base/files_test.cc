#include "base/files.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "testing/errors.h"
#include "testing/temp_dir.h"

namespace tenon {
namespace {

namespace fs = std::filesystem;

TEST(Files, ReadBackWhatWasWritten) {
  TempDir dir;
  write_file_atomic(dir / "a", std::string("x\0y", 3));
  EXPECT_EQ(read_file(dir / "a"), std::string("x\0y", 3));
  EXPECT_EQ(MappedFile::open(dir / "a")->bytes(), std::string_view("x\0y", 3));
  write_file_atomic(dir / "a", "");
  EXPECT_EQ(read_file(dir / "a"), "");
  EXPECT_EQ(MappedFile::open(dir / "a")->bytes(), "");
}

TEST(Files, SharedBytesOutliveTheirReader) {
  const TempDir dir;
  for (const std::string& text : {std::string(), std::string("abc"), std::string(9 << 20, 'x')}) {
    write_file_atomic(dir / "file", text);
    SharedBytes copy;
    {
      const SharedBytes bytes = read_shared(dir / "file");
      copy = bytes;
    }
    EXPECT_TRUE(copy.view() == text);
    EXPECT_TRUE(SharedBytes(text).view() == text);
  }
}

TEST(Files, MapErrorsToCodes) {
  TempDir dir;
  expect_says(error_of([&] { read_file(dir / "none"); }), Code::NotFound, dir / "none");
  expect_says(error_of([&] { read_file(dir.path()); }), Code::FailedPrecondition, dir.path());
  write_file_atomic(dir / "a", "x");
  expect_says(error_of([&] { read_file(dir / "a/b"); }), Code::FailedPrecondition, dir / "a/b");
}

TEST(Files, RefuseToReadMoreThanTheLimit) {
  TempDir dir;
  write_file_atomic(dir / "a", "12345");
  EXPECT_EQ(read_file(dir / "a", 5), "12345");
  EXPECT_THROW(read_file(dir / "a", 4), Error);
}

TEST(Files, ReadAtAPositionWithinTheFile) {
  TempDir dir;
  write_file_atomic(dir / "a", "12345");
  RandomFile file(dir / "a");
  char two[2];
  file.read(3, 2, two);
  EXPECT_EQ(std::string(two, 2), "45");
  EXPECT_THROW(file.read(4, 2, two), Error);
  EXPECT_THROW(file.read(~std::uint64_t{0}, 2, two), Error);
}

TEST(AtomicFile, LeavesNothingWithoutCommit) {
  TempDir dir;
  write_file_atomic(dir / "a", "old");
  {
    AtomicFile file(dir / "a");
    file.write("new");
    file.flush();
    EXPECT_TRUE(file_exists(file.temporary_path()));
  }
  EXPECT_EQ(read_file(dir / "a"), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator()), 1);
}

TEST(AtomicFile, WritesLargePiecesAndSyncs) {
  TempDir dir;
  AtomicFile file(dir / "a", AtomicFile::Sync::Yes);
  file.write("start");
  file.write(std::string(3 << 20, 'x'));
  file.write("end");
  file.commit();
  EXPECT_EQ(read_file(dir / "a"), "start" + std::string(3 << 20, 'x') + "end");
}

TEST(AtomicFile, SaysWhyItCannotBeMade) {
  TempDir dir;
  EXPECT_THROW(AtomicFile(dir / "none/a"), Error);
  EXPECT_THROW(AtomicFile file(dir.path()), Error);
}

TEST(AtomicFile, TakesTheLongestNames) {
  TempDir dir;
  write_file_atomic(dir / std::string(255, 'n'), "x");
  EXPECT_EQ(read_file(dir / std::string(255, 'n')), "x");
}

}  // namespace
}  // namespace tenon
