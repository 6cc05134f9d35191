// Which files are a checkpoint, for all the ways in which people name one.
//
//   locate_checkpoint("model.ckpt")                        // the name: model.ckpt.index, or the V1 file model.ckpt,
//                                                          // or V1 shards model.ckpt-00000-of-00002 ...
//   locate_checkpoint("model.ckpt.data-00000-of-00001")    // any of its files, also .index and .meta
//   locate_checkpoint("model.ckpt-?????-of-00002")         // as TensorFlow names V1 shards
//   locate_checkpoint("run1")                              // a folder: what its file "checkpoint" says
//
// Paths are taken literally, but for the five question marks of V1 shards. Where both formats have files, V2 wins.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace tenon {

enum class CheckpointFormat { V1, V2 };

struct CheckpointPath {
  CheckpointFormat format = CheckpointFormat::V2;
  std::string prefix;              // its name, to which the endings are added
  std::vector<std::string> files;  // V1: the table, or all shards in their order
};

// The checkpoint of exactly this name (or V1 pattern), if there is one. Throws NotFound if some V1 shards of it are
// missing, InvalidArgument if there are V1 shards of several counts.
std::optional<CheckpointPath> find_checkpoint(const std::string& prefix);

// Throws NotFound if there is none, with what there is instead.
CheckpointPath locate_checkpoint(const std::string& path);

// "P" for "P-00001-of-00002" and "P-?????-of-00002" (with the 2); nothing for other names.
struct ShardName {
  std::string prefix;
  int count = 0;
};
std::optional<ShardName> parse_shard_name(const std::string& path);
std::string shard_path(const std::string& prefix, int shard, int count);

// How many data files the names of those that are there speak of: 2 for "P.data-00001-of-00002"; 0 if there are none.
int data_files_by_name(const std::string& prefix);

// "P" for "P.index", "P.meta" and "P.data-00000-of-00001".
std::optional<std::string> prefix_of_file(const std::string& path);

}  // namespace tenon
