// A damaged checkpoint gives an error or, where the damage hits nothing, the same values; never other values.

#include <gtest/gtest.h>

#include "base/files.h"
#include "corruption/damage.h"
#include "formats/bundle/bundle_reader.h"
#include "testing/temp_dir.h"

namespace tenon {
namespace {

class BundleCorruption : public testing::TestWithParam<const char*> {
 protected:
  void check(const std::string& damaged_ending, const std::string& other_ending) {
    const std::string original = std::string(TENON_FIXTURES) + GetParam();
    const Values expected = read_all(BundleReader(original));
    const std::string prefix = dir_ / "m";
    write_file_atomic(prefix + other_ending, read_file(original + other_ending));
    const auto read = [&](const std::string& bytes, const std::string& where) {
      write_file_atomic(prefix + damaged_ending, bytes);
      EXPECT_TRUE(same(read_all(BundleReader(prefix)), expected))
          << where << " of " << damaged_ending << " gives other values";
    };
    EXPECT_GT(count_errors(read_file(original + damaged_ending), prefix, read), 0);
  }

  TempDir dir_;
};

// proves: S1.4
TEST_P(BundleCorruption, OfTheIndexIsFound) { check(".index", ".data-00000-of-00001"); }
// proves: S1.20
TEST_P(BundleCorruption, OfTheDataIsFound) { check(".data-00000-of-00001", ".index"); }

INSTANTIATE_TEST_SUITE_P(Fixtures, BundleCorruption,
                         testing::Values("/seed_add_model/add_model.ckpt", "/every_dtype/model.ckpt",
                                         "/sharded_partitioned/model.ckpt", "/dtypes/variants", "/dtypes/big_endian",
                                         "/dtypes/packed"));

}  // namespace
}  // namespace tenon
