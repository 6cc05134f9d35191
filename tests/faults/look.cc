#include "faults/look.h"

#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "base/files.h"
#include "formats/checkpoint/checkpoint_reader.h"
#include "formats/checkpoint_state/checkpoint_state.h"
#include "formats/meta_graph/meta_graph.h"
#include "meta_graph.pb.h"

namespace tenon::faults {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kUnfinished = {".tempstate", ".tmp", "_temp", ".next"};

// The checkpoints that the names in a folder speak of.
std::set<std::string> prefixes_in(const std::vector<std::string>& names) {
  std::set<std::string> prefixes;
  for (const std::string& any : names) {
    const std::string name = final_name(any);
    if (name.ends_with(".index")) prefixes.insert(name.substr(0, name.size() - 6));
    if (name.find('.') != std::string::npos || name == "checkpoint") continue;
    const auto shard = parse_shard_name(name);
    prefixes.insert(shard ? shard->prefix : name);
  }
  return prefixes;
}

// The files of a checkpoint; throws if they are not all there and right.
std::vector<std::string> files_of(const std::string& prefix) {
  const auto found = find_checkpoint(prefix);
  if (!found) throw Error(Code::NotFound, prefix + ": there is no such checkpoint");
  const auto reader = CheckpointReader::open(*found);
  for (const std::string& key : reader->keys()) reader->verify(key);
  std::vector<std::string> files = reader->files();
  const std::string meta = prefix + ".meta";
  if (file_exists(meta)) {
    read_meta_graph(meta);
    files.push_back(meta);
  }
  return files;
}

template <typename F>
void note_failure(std::vector<std::string>& broken, F&& work) {
  try {
    work();
  } catch (const std::exception& error) {
    broken.push_back(error.what());
  }
}

void look_at_state(const std::string& folder, Look& look) {
  if (!file_exists(folder + "/checkpoint")) {
    if (checkpoint_exists(folder + "/m")) look.newest = folder + "/m";
    return;
  }
  note_failure(look.broken, [&] {
    look.newest = latest_checkpoint(folder).value_or("");
    if (look.newest.empty()) look.broken.push_back("the state file leads to no checkpoint");
    for (const std::string& listed : read_checkpoint_state(folder + "/checkpoint").all_model_checkpoint_paths) {
      const auto shard = parse_shard_name(listed);  // V1: m-?????-of-00002
      files_of(shard ? shard->prefix : listed);
    }
  });
}

}  // namespace

std::string final_name(const std::string& path) {
  std::size_t end = path.size();
  for (const std::string& ending : kUnfinished) end = std::min(end, path.find(ending));
  return path.substr(0, end);
}

Look look_at(const Way& way, const std::string& folder) {
  Look look;
  look_at_state(folder, look);
  if (!look.newest.empty()) note_failure(look.broken, [&] { look.number = number_in(way, look.newest); });
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::set<std::string> claimed = {"checkpoint"};
  for (const std::string& prefix : prefixes_in(names)) {
    std::vector<std::string> ignored;  // nothing leads to it; its files remain
    note_failure(ignored, [&] {
      for (const std::string& file : files_of(folder + "/" + prefix))
        claimed.insert(fs::path(file).filename().string());
    });
  }
  for (const std::string& name : names) {
    const bool unfinished = final_name(name) != name;
    if (claimed.contains(name)) {
      if (unfinished) look.unsettled.push_back(name);
    } else {
      (unfinished ? look.temporary : look.remains).push_back(name);
    }
  }
  return look;
}

Json Look::to_json() const {
  return {{"newest", newest}, {"number", number}, {"broken", broken}, {"temporary", temporary},
          {"unsettled", unsettled}, {"remains", remains}};
}

Look Look::from_json(const Json& json) {
  Look look;
  json.at("newest").get_to(look.newest);
  json.at("number").get_to(look.number);
  json.at("broken").get_to(look.broken);
  json.at("temporary").get_to(look.temporary);
  json.at("unsettled").get_to(look.unsettled);
  json.at("remains").get_to(look.remains);
  return look;
}

}  // namespace tenon::faults
