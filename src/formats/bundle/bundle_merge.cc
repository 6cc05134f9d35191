#include <filesystem>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "formats/bundle/bundle_reader.h"
#include "formats/bundle/bundle_writer.h"
#include "formats/table/table_writer.h"

namespace tenon {
namespace {

struct DataFile {
  std::string prefix;
  int shard;
  int num_shards;
};

struct Merge {
  std::map<std::string, BundleEntry> entries;
  std::vector<DataFile> files;
  std::optional<BundleHeader> header;
  int num_shards = 0;

  void add(const BundleReader& part, const Table& table);

 private:
  void add_header(const BundleHeader& part, const std::string& prefix);
};

void Merge::add_header(const BundleHeader& part, const std::string& prefix) {
  if (!header) header = part;
  if (header->big_endian != part.big_endian || header->producer != part.producer ||
      header->min_consumer != part.min_consumer) {
    throw Error(Code::InvalidArgument,
                fmt::format("Merging bundles with conflicting endianness or version at {}", prefix));
  }
  num_shards += part.num_shards;
}

void Merge::add(const BundleReader& part, const Table& table) {
  add_header(part.header(), part.prefix());
  std::map<int, int> new_shard;
  for (const TableEntry& row : table.entries()) {
    if (row.key.empty()) continue;
    BundleEntry entry = parse_bundle_entry(row.value, index_path(part.prefix()), row.key);
    const auto known = entries.find(row.key);
    if (known != entries.end() && !known->second.slices.empty() && !entry.slices.empty()) {
      known->second.slices.insert(known->second.slices.end(), entry.slices.begin(), entry.slices.end());
      continue;
    }
    if (known != entries.end()) {
      throw Error(Code::InvalidArgument,
                  fmt::format("Duplicate tensor keyed by {} encountered, when merging prefix: {}",
                              printable_key(row.key), part.prefix()));
    }
    const auto [place, is_new] = new_shard.emplace(entry.shard, static_cast<int>(files.size()));
    if (is_new) files.push_back({part.prefix(), entry.shard, part.header().num_shards});
    entry.shard = place->second;
    entries.emplace(row.key, std::move(entry));
  }
}

void remove_parts(const std::vector<std::string>& prefixes, const std::string& merged) {
  std::set<std::filesystem::path> directories;
  std::error_code ignored;  // what is left over harms nobody
  for (const std::string& prefix : prefixes) {
    if (prefix == merged) continue;
    std::filesystem::remove(index_path(prefix), ignored);
    directories.insert(std::filesystem::path(prefix).parent_path());
  }
  for (const auto& directory : directories) {
    if (directory != std::filesystem::path(merged).parent_path()) std::filesystem::remove(directory, ignored);
  }
}

}  // namespace

void merge_bundles(const std::vector<std::string>& prefixes, const std::string& merged, bool allow_missing_files,
                   bool delete_old_directory, AtomicFile::Sync sync) {
  Merge merge;
  for (const std::string& prefix : prefixes) {
    if (!file_exists(index_path(prefix))) {
      if (allow_missing_files) continue;
      throw Error(Code::InvalidArgument,
                  fmt::format("allow_missing_files was set to false and {} did not exist", prefix));
    }
    merge.add(BundleReader(prefix), Table(read_file(index_path(prefix)), index_path(prefix)));
  }
  if (!merge.header) {
    throw Error(Code::InvalidArgument, "At least one prefix checkpoint file must exist, but none do");
  }
  merge.header->num_shards = merge.num_shards;
  std::map<std::string, std::string> table = {{"", bundle_header_bytes(*merge.header)}};
  for (const auto& [key, entry] : merge.entries) table.emplace(key, bundle_entry_bytes(entry));
  CheckpointCommit commit(merged, sync);
  for (std::size_t i = 0; i < merge.files.size(); ++i) {
    const DataFile& file = merge.files[i];
    commit.adopt(data_path(file.prefix, file.shard, file.num_shards),
                 data_path(merged, static_cast<int>(i), merge.num_shards));
  }
  commit.create(index_path(merged)).write(table_bytes(table));
  commit.commit();
  if (delete_old_directory) remove_parts(prefixes, merged);
}

}  // namespace tenon
