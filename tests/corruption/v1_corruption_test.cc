// A damaged V1 checkpoint gives an error or, where the damage hits nothing, the same values; never other values.

#include <gtest/gtest.h>

#include "base/files.h"
#include "corruption/damage.h"
#include "formats/checkpoint/checkpoint_reader.h"
#include "formats/table/table_salvage.h"
#include "formats/v1/v1_reader.h"
#include "testing/temp_dir.h"

namespace tenon {
namespace {

const std::string kFixtures = std::string(TENON_FIXTURES) + "/v1/";

// Damages `damaged`; `others` are the rest of the checkpoint.
void check(const std::string& damaged, const std::vector<std::string>& others) {
  TempDir dir;
  const std::string file = dir / "m";
  std::vector<std::string> original = others, files = others;
  original.push_back(kFixtures + damaged);
  files.push_back(file);
  const Values expected = read_all(V1Reader("m", original));
  const auto read = [&](const std::string& bytes, const std::string& where) {
    write_file_atomic(file, bytes);
    EXPECT_TRUE(same(read_all(V1Reader(file, files)), expected)) << where << " gives other values";
  };
  EXPECT_GT(count_errors(read_file(kFixtures + damaged), file, read), 0);
}

// proves: S1.4
TEST(V1Corruption, OfEveryTypeIsFound) { check("every_dtype", {}); }
// proves: S1.4
TEST(V1Corruption, OfPiecesIsFound) { check("partitioned", {}); }
// proves: S1.4
TEST(V1Corruption, OfAShardIsFound) { check("sharded-00001-of-00002", {kFixtures + "sharded-00000-of-00002"}); }

TEST(V1Corruption, LeavesOnlyTrueEntriesToBeSalvaged) {
  const std::string bytes = read_file(kFixtures + "partitioned");
  const SalvagedTable whole = salvage_table(bytes);
  EXPECT_TRUE(whole.complete);
  for_each_damage(bytes, [&](const std::string& damaged, const std::string& where) {
    const SalvagedTable table = salvage_table(damaged);
    for (const auto& [key, value] : table.entries) {
      if (table.doubtful.contains(key)) continue;
      const auto found = whole.entries.find(key);
      ASSERT_TRUE(found != whole.entries.end() && found->second == value) << where;
    }
  });
}

TEST(TableSalvage, FindsTheBlocksOfATableThatHasLostItsIndex) {
  const std::string bytes = read_file(kFixtures + "partitioned");
  const SalvagedTable whole = salvage_table(bytes);
  const SalvagedTable cut = salvage_table(bytes.substr(0, bytes.size() - 60));
  EXPECT_FALSE(cut.complete);
  EXPECT_EQ(cut.entries, whole.entries);
  EXPECT_TRUE(cut.doubtful.empty());
}

}  // namespace
}  // namespace tenon
