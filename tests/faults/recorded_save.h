// A test with a folder in which checkpoints of an earlier time are, and the calls of one more save in it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

#include "faults/disk_model.h"
#include "faults/look.h"
#include "testing/temp_dir.h"

namespace tenon::faults {

inline std::string to_hex(const std::string& bytes) {
  std::string text;
  for (const unsigned char byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

inline std::string from_hex(const std::string& text) {
  std::string bytes;
  for (std::size_t at = 0; at < text.size(); at += 2) {
    bytes += static_cast<char>(std::stoi(text.substr(at, 2), nullptr, 16));
  }
  return bytes;
}

inline Json to_json(const std::vector<FileCall>& calls) {
  Json list = Json::array();
  for (const FileCall& call : calls) {
    list.push_back({call.kind, call.function, call.path, call.to, call.file, call.emptied, call.offset,
                    to_hex(call.bytes), call.size, call.failed});
  }
  return list;
}

inline std::vector<FileCall> calls_from_json(const Json& list) {
  std::vector<FileCall> calls;
  for (const Json& item : list) {
    calls.push_back(
        {item[0], item[1], item[2], item[3], item[4], item[5], item[6], from_hex(item[7]), item[8], item[9]});
  }
  return calls;
}

class RecordedSave : public testing::TestWithParam<Way> {
 protected:
  static constexpr int kNew = kBefore + 1;

  void SetUp() override {
    const Outcome before = in_child([&](Json&) { save_before(way_, folder_); });
    ASSERT_EQ(before.trouble(), "");
    disk_.emplace(folder_);
    const Outcome recorded = in_child_with(folder_, {}, [&](Json& report) {
      save(way_, folder_, kNew);
      report["calls"] = to_json(stop_watching());
    });
    ASSERT_EQ(recorded.trouble(), "");
    calls_ = calls_from_json(recorded.report["calls"]);
    ASSERT_FALSE(calls_.empty());
  }

  const Way way_ = GetParam();
  const TempDir dir_;
  const std::string folder_ = std::filesystem::canonical(dir_.path()).string();
  std::optional<DiskModel> disk_;  // as it is before the save
  std::vector<FileCall> calls_;
};

}  // namespace tenon::faults
