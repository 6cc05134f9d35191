#include "formats/checkpoint/file_diagnosis.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "testing/temp_dir.h"

namespace tenon {
namespace {

std::string diagnosis(const std::string& bytes) {
  TempDir dir;
  write_file_atomic(dir / "f", bytes);
  return diagnose_file(dir / "f");
}

TEST(FileDiagnosis, KnowsCommonAccidents) {
  EXPECT_EQ(diagnosis(""), "it is empty");
  EXPECT_NE(diagnosis("version https://git-lfs.github.com/spec/v1\noid").find("Git LFS"), std::string::npos);
  EXPECT_NE(diagnosis("\x1f\x8b\x08").find("gzip"), std::string::npos);
  EXPECT_NE(diagnosis("<html><body>").find("web page"), std::string::npos);
  EXPECT_NE(diagnosis(std::string(100, '\0')).find("zeros"), std::string::npos);
  EXPECT_NE(diagnosis("a" + std::string(5000, '\0')).find("not written to its end"), std::string::npos);
  std::string text, lines;
  for (int i = 0; i < 10; ++i) text += "\x01\xef\xbf\xbd", lines += "x\r\n";
  EXPECT_NE(diagnosis(text).find("as text"), std::string::npos);
  EXPECT_NE(diagnosis(lines).find("line ends"), std::string::npos);
}

TEST(FileDiagnosis, SaysNothingOfASoundFile) {
  const std::string fixtures = TENON_FIXTURES;
  for (const char* file :
       {"/every_dtype/model.ckpt.index", "/every_dtype/model.ckpt.data-00000-of-00001", "/v1/every_dtype"}) {
    EXPECT_EQ(diagnose_file(fixtures + file), "") << file;
  }
}

}  // namespace
}  // namespace tenon
