// The other files: those with checksums give an error or the same values, those without an error or some value.

#include <gtest/gtest.h>

#include "base/files.h"
#include "corruption/damage.h"
#include "formats/checkpoint_state/checkpoint_state.h"
#include "formats/idx/idx.h"
#include "formats/meta_graph/meta_graph.h"
#include "formats/npz/npz.h"
#include "formats/tensor_proto/tensor_proto.h"
#include "meta_graph.pb.h"

namespace tenon {
namespace {

const std::string kFixtures = TENON_FIXTURES;

// read(bytes) must return or throw Error with a code other than Internal.
template <typename Read>
int errors_of(const std::string& bytes, Read read) {
  int errors = 0;
  for_each_damage(bytes, [&](const std::string& damaged, const std::string& where) {
    try {
      read(damaged);
    } catch (const Error& error) {
      ++errors;
      EXPECT_NE(error.code(), Code::Internal) << where << ": " << error.what();
      EXPECT_FALSE(std::string(error.what()).empty());
    }
  });
  return errors;
}

TEST(MetaGraphCorruption, GivesAnErrorOrAGraph) {
  const std::string bytes = read_file(kFixtures + "/seed_add_model/add_model.ckpt.meta");
  EXPECT_GT(errors_of(bytes, [](const std::string& damaged) { parse_meta_graph(damaged, "m"); }), 0);
}

TEST(MetaGraphCorruption, OfATextGivesAnErrorOrAGraph) {
  const auto meta = read_meta_graph(kFixtures + "/seed_add_model/add_model.ckpt.meta");
  const std::string text = meta_graph_bytes(*meta, true).substr(0, 1500);
  EXPECT_GT(errors_of(text, [](const std::string& damaged) { parse_meta_graph(damaged, "m"); }), 0);
}

TEST(ConstantCorruption, GivesAnErrorOrATensor) {
  const auto meta = read_meta_graph(kFixtures + "/every_dtype/model.ckpt.meta");
  for (const proto::NodeDef& node : meta->graph_def().node()) {
    if (node.op() != "Const") continue;
    errors_of(node.attr().at("value").tensor().SerializeAsString(), [](const std::string& damaged) {
      proto::TensorProto proto;
      if (proto.ParseFromString(damaged)) tensor_from_proto(proto, "t", 1 << 20);
    });
  }
}

TEST(CheckpointStateCorruption, GivesAnErrorOrAState) {
  const std::string text = read_file(kFixtures + "/seed_variable/checkpoint");
  EXPECT_GT(errors_of(text, [](const std::string& damaged) { parse_checkpoint_state(damaged, "c"); }), 0);
}

TEST(NpzCorruption, GivesAnErrorOrTheSameArrays) {
  for (const std::string& bytes : {read_file(kFixtures + "/npz/deflated.npz"), read_file(kFixtures + "/npz/arrays.npz"),
                                   npz_bytes({{"a", Tensor({2}, {1, 2})}, {"b", Tensor("text")}})}) {
    const auto expected = parse_npz(bytes, "a");
    EXPECT_GT(errors_of(bytes,
                        [&](const std::string& damaged) {
                          const auto arrays = parse_npz(damaged, "a");
                          EXPECT_EQ(arrays.size(), expected.size());
                          for (const auto& [name, array] : arrays) {
                            const auto found = expected.find(name);
                            EXPECT_TRUE(found == expected.end() || array.equals(found->second)) << name;
                          }
                        }),
              0);
  }
}

TEST(IdxCorruption, GivesAnErrorOrAnArrayOfTheFilesSize) {
  std::string plain("\0\0\x0b\2\0\0\0\2\0\0\0\3", 12);
  plain += "twelve bytes";
  EXPECT_GT(errors_of(plain, [](const std::string& damaged) { EXPECT_LE(parse_idx(damaged, "i").bytes(), 24u); }), 0);
}

TEST(IdxCorruption, OfACompressedFileGivesAnErrorOrTheSameArray) {
  const std::string bytes = read_file(std::string(TENON_SOURCE_DIR) + "/examples/data/mnist/t10k-labels-idx1-ubyte.gz");
  const Tensor expected = parse_idx(bytes, "i");
  EXPECT_GT(
      errors_of(bytes, [&](const std::string& damaged) { EXPECT_TRUE(parse_idx(damaged, "i").equals(expected)); }), 0);
}

}  // namespace
}  // namespace tenon
