#include "faults/disk_model.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "base/files.h"

namespace tenon::faults {
namespace {

namespace fs = std::filesystem;
using Kind = FileCall::Kind;

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

bool changes_names(const FileCall& call) {
  switch (call.kind) {
    case Kind::Create:
    case Kind::Rename:
    case Kind::Link:
    case Kind::Remove:
    case Kind::MakeFolder:
    case Kind::RemoveFolder:
      return true;
    default:
      return false;
  }
}

bool touches(const FileCall& call, const std::string& folder) {
  return folder_of(call.path) == folder || (!call.to.empty() && folder_of(call.to) == folder);
}

void put(std::string& bytes, std::uint64_t offset, const std::string& written) {
  if (bytes.size() < offset + written.size()) bytes.resize(offset + written.size());
  std::copy(written.begin(), written.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
}

}  // namespace

Files files_in(const std::string& folder) {
  Files files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).string();
    if (entry.is_directory()) files[name + "/"] = "";
    else files[name] = read_file(entry.path().string());
  }
  return files;
}

void write_files(const Files& files, const std::string& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) fs::remove_all(entry.path());
  for (const auto& [name, bytes] : files) {
    const fs::path path = fs::path(folder) / name;
    fs::create_directories(name.ends_with('/') ? path : path.parent_path());
    if (!name.ends_with('/')) std::ofstream(path, std::ios::binary) << bytes;
  }
}

DiskModel::DiskModel(const std::string& folder) {
  for (const auto& [name, bytes] : files_in(folder)) {
    if (name.ends_with('/')) {
      names_[name.substr(0, name.size() - 1)] = 0;
      continue;
    }
    struct stat status {};
    if (::stat((folder + "/" + name).c_str(), &status) != 0) throw std::runtime_error("cannot stat " + name);
    const std::uint64_t id = ++last_id_;
    ids_[status.st_ino] = names_[name] = id;
    files_[id] = {bytes, bytes};
  }
  stored_names_ = names_;
}

void DiskModel::rename_in(Names& names, const FileCall& call) {
  if (call.function.ends_with("(exchange)")) {
    std::swap(names[call.path], names[call.to]);
    return;
  }
  Names moved;
  for (auto at = names.begin(); at != names.end();) {
    const bool below = at->first.starts_with(call.path + "/");
    if (at->first != call.path && !below) {
      ++at;
      continue;
    }
    moved[call.to + at->first.substr(call.path.size())] = at->second;
    at = names.erase(at);
  }
  for (const auto& [name, file] : moved) names[name] = file;
}

void DiskModel::apply_to(Names& names, const FileCall& call) {
  switch (call.kind) {
    case Kind::Create:
      names[call.path] = call.file;
      break;
    case Kind::MakeFolder:
      names[call.path] = 0;
      break;
    case Kind::Rename:
      rename_in(names, call);
      break;
    case Kind::Link:
      if (names.contains(call.path)) names[call.to] = names.at(call.path);
      break;
    case Kind::Remove:
    case Kind::RemoveFolder:
      names.erase(call.path);
      break;
    default:
      break;
  }
}

void DiskModel::sync_folder(const std::string& path) {
  // The journal keeps the order: with the last change in this folder, all earlier ones are stored.
  const auto last =
      std::find_if(pending_.rbegin(), pending_.rend(), [&](const FileCall& call) { return touches(call, path); });
  const auto end = last.base();
  for (auto at = pending_.begin(); at != end; ++at) apply_to(stored_names_, *at);
  pending_.erase(pending_.begin(), end);
}

void DiskModel::apply(FileCall call) {
  if (call.failed) return;
  if (call.kind == Kind::Create && !names_.contains(call.path)) ids_[call.file] = ++last_id_;
  if (call.file != 0 && call.kind != Kind::SyncFolder) call.file = ids_.at(call.file);
  switch (call.kind) {
    case Kind::Create:
      if (call.emptied) files_[call.file].bytes.clear();
      if (names_.contains(call.path)) return;
      files_[call.file];
      break;
    case Kind::Write:
      put(files_.at(call.file).bytes, call.offset, call.bytes);
      break;
    case Kind::Resize:
      files_.at(call.file).bytes.resize(call.size);
      break;
    case Kind::Sync:
      files_.at(call.file).stored = files_.at(call.file).bytes;
      break;
    case Kind::SyncFolder:
      sync_folder(call.path);
      break;
    default:
      break;
  }
  if (!changes_names(call)) return;
  apply_to(names_, call);
  pending_.push_back(std::move(call));
}

template <typename BytesOf>
Files DiskModel::with(const Names& names, BytesOf bytes_of) const {
  Files files;
  for (const auto& [name, id] : names) {
    if (id == 0) files[name + "/"] = "";
    else files[name] = bytes_of(id);
  }
  return files;
}

Files DiskModel::now() const {
  return with(names_, [&](std::uint64_t id) { return files_.at(id).bytes; });
}

std::set<Files> DiskModel::after_power_failure() const {
  std::set<Files> states;
  Names names = stored_names_;
  for (std::size_t kept = 0;; ++kept) {
    const auto add = [&](auto bytes_of) { states.insert(with(names, bytes_of)); };
    add([&](std::uint64_t id) { return files_.at(id).bytes; });
    add([&](std::uint64_t id) { return files_.at(id).stored; });
    add([&](std::uint64_t id) {  // the length is known to the journal already, the second half of the bytes is not
      const File& file = files_.at(id);
      if (file.synced()) return file.bytes;
      return file.bytes.substr(0, file.bytes.size() / 2) + std::string(file.bytes.size() - file.bytes.size() / 2, '\0');
    });
    for (const auto& [name, lost] : names) {  // one file is late, the others are not
      if (lost == 0 || files_.at(lost).synced()) continue;
      add([&](std::uint64_t id) { return id == lost ? files_.at(id).stored : files_.at(id).bytes; });
    }
    if (kept == pending_.size()) return states;
    apply_to(names, pending_[kept]);
  }
}

std::vector<std::string> DiskModel::unsynced_files() const {
  std::vector<std::string> found;
  for (const auto& [name, id] : names_) {
    if (id != 0 && !files_.at(id).synced()) found.push_back(name);
  }
  return found;
}

std::vector<std::string> DiskModel::unsynced_names() const {
  std::vector<std::string> found;
  for (const FileCall& call : pending_) found.push_back(call.to.empty() ? call.path : call.to);
  return found;
}

bool DiskModel::is_synced(const std::string& path) const {
  const auto found = names_.find(path);
  return found != names_.end() && (found->second == 0 || files_.at(found->second).synced());
}

}  // namespace tenon::faults
