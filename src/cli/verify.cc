#include "cli/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <set>

#include "base/files.h"
#include "base/parallel_for.h"
#include "cli/model_path.h"
#include "cli/progress.h"
#include "formats/bundle/bundle_entry.h"
#include "formats/bundle/bundle_reader.h"
#include "formats/checkpoint/checkpoint_reader.h"
#include "formats/checkpoint/file_diagnosis.h"
#include "formats/meta_graph/meta_graph.h"
#include "meta_graph.pb.h"
#include "tenon/error.h"

namespace tenon {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kListed = 50;

// What is wrong with a file as a whole, in addition to an error that it gave.
std::string with_diagnosis(const std::string& file, std::string error) {
  if (error.starts_with(file + ": ")) error = error.substr(file.size() + 2);
  if (!file_exists(file) || is_directory(file)) return error;
  const std::string diagnosis = diagnose_file(file);
  return diagnosis.empty() ? error : fmt::format("{} ({})", diagnosis, error);
}

class Verification {
 public:
  Verification(std::string path, const char* kind) {
    report_ = {{"path", std::move(path)}, {"kind", kind}, {"ok", true}, {"tensors", 0}, {"bytes", 0}};
    report_["problems"] = ordered_json::array();
  }

  void file_problem(const std::string& file, const std::string& problem) {
    add({{"file", file}, {"problem", with_diagnosis(file, problem)}});
  }
  void add(ordered_json problem) {
    report_["problems"].push_back(std::move(problem));
    report_["ok"] = false;
  }

  void check_graph(ModelKind kind, const std::string& file) {
    try {
      if (kind == ModelKind::GraphDef) read_graph_def(file);
      else if (kind == ModelKind::SavedModel) read_saved_model(file);
      else read_meta_graph(file);
    } catch (const Error& error) {
      file_problem(file, error.what());
    }
  }

  // Data files beside a .meta are of no use without their index.
  void check_index_is_there(const std::string& meta) {
    const auto prefix = prefix_of_file(meta);
    if (!prefix || data_files_by_name(*prefix) == 0) return;
    add({{"file", index_path(*prefix)}, {"problem", "the index is missing, although its data files are there"}});
  }

  void check_checkpoint(const std::string& prefix, bool v2) {
    std::unique_ptr<CheckpointReader> reader;
    try {
      reader = CheckpointReader::open(prefix);
    } catch (const Error& error) {
      const std::string file = v2 ? index_path(prefix) : prefix;
      return file_problem(file, error.what());
    }
    check_tensors(*reader, v2 ? missing_shards(*reader) : std::set<int>{});
  }

  ordered_json take() { return std::move(report_); }

 private:
  // Data files that are no use at all: one problem each, not one for each tensor.
  std::set<int> missing_shards(const CheckpointReader& reader) {
    std::set<int> missing;
    const std::vector<std::string> files = reader.files();
    for (std::size_t i = 1; i < files.size(); ++i) {
      if (!file_exists(files[i])) {
        file_problem(files[i], "the data file is missing");
      } else if (const std::string diagnosis = diagnose_file(files[i]);
                 diagnosis.starts_with("it is ") && has_data(reader)) {
        if (is_intact(reader, static_cast<int>(i) - 1)) continue;
        add({{"file", files[i]}, {"problem", diagnosis}});
      } else {
        continue;
      }
      missing.insert(static_cast<int>(i) - 1);
    }
    return missing;
  }

  static bool has_data(const CheckpointReader& reader) {
    return std::any_of(reader.keys().begin(), reader.keys().end(),
                       [&](const std::string& name) { return reader.stored_bytes(name) > 0; });
  }

  // A file may begin with any bytes: those of a gzip file count only if its first tensor is damaged.
  static bool is_intact(const CheckpointReader& reader, int shard) {
    const BundleReader bundle(reader.prefix());
    for (const std::string& name : bundle.keys()) {
      const BundleEntry entry = bundle.entry(name);
      if (entry.shard != shard || !entry.slices.empty() || entry.size == 0) continue;
      try {
        bundle.verify(name);
        return true;
      } catch (const Error&) {
        return false;
      }
    }
    return true;
  }

  void check_tensors(const CheckpointReader& reader, const std::set<int>& missing) {
    const std::vector<std::string>& names = reader.keys();
    std::vector<std::string> errors(names.size());
    std::uint64_t total = 0;
    for (const std::string& name : names) total += size_of(reader, name);
    Progress progress("verifying", total);
    std::optional<BundleReader> bundle;
    if (!missing.empty()) bundle.emplace(reader.prefix());
    parallel_for(static_cast<std::int64_t>(names.size()), 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const std::string& name = names[static_cast<std::size_t>(i)];
        try {
          if (bundle && lies_in(*bundle, name, missing)) continue;
          reader.verify(name);
        } catch (const Error& error) {
          errors[static_cast<std::size_t>(i)] = error.what();
        }
        progress.add(size_of(reader, name));
      }
    });
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!errors[i].empty()) add({{"tensor", names[i]}, {"problem", errors[i]}});
    }
    report_["tensors"] = names.size();
    report_["bytes"] = total;
  }

  static bool lies_in(const BundleReader& reader, const std::string& name, const std::set<int>& shards) {
    const BundleEntry entry = reader.entry(name);
    if (entry.slices.empty()) return shards.contains(entry.shard);
    return std::any_of(entry.slices.begin(), entry.slices.end(), [&](const TensorSlice& slice) {
      const auto piece = reader.find(slice_key(name, slice));
      return piece && shards.contains(piece->shard);
    });
  }

  static std::uint64_t size_of(const CheckpointReader& reader, const std::string& name) {
    try {
      return reader.stored_bytes(name);
    } catch (const Error&) {
      return 0;  // verify() says it
    }
  }

  ordered_json report_;
};

const char* kind_name(ModelKind kind) {
  switch (kind) {
    case ModelKind::Bundle: return "V2 checkpoint";
    case ModelKind::V1Checkpoint: return "V1 checkpoint";
    case ModelKind::MetaGraph: return "MetaGraphDef";
    case ModelKind::GraphDef: return "GraphDef";
    case ModelKind::SavedModel: return "SavedModel";
  }
  return "";
}

// A file that is no model any more, but has the name of one.
ordered_json unrecognised(const std::string& argument, const Error& error) {
  Verification verification(argument, "unknown");
  verification.file_problem(argument, error.what());
  return verification.take();
}

}  // namespace

ordered_json verify_model(const std::string& argument) {
  ModelPath model;
  try {
    model = resolve_model(argument);
  } catch (const Error& error) {
    if (!file_exists(argument) || is_directory(argument)) throw;
    return unrecognised(argument, error);
  }
  Verification verification(model.path, kind_name(model.kind));
  const bool checkpoint = model.kind == ModelKind::Bundle || model.kind == ModelKind::V1Checkpoint;
  if (!checkpoint) verification.check_graph(model.kind, model.path);
  const std::string prefix = checkpoint_of(model);
  if (model.kind == ModelKind::MetaGraph && prefix.empty()) verification.check_index_is_there(model.path);
  if (!prefix.empty()) verification.check_checkpoint(prefix, file_exists(index_path(prefix)));
  if (checkpoint && !meta_of(model.path).empty()) verification.check_graph(ModelKind::MetaGraph, meta_of(model.path));
  return verification.take();
}

std::string verification_as_text(const ordered_json& report) {
  if (report["ok"].get<bool>()) {
    const auto tensors = report["tensors"].get<std::size_t>();
    const std::string what = tensors == 0 ? ""
                                          : fmt::format(", {} tensor{}, {} bytes", tensors, tensors == 1 ? "" : "s",
                                                        report["bytes"].get<std::uint64_t>());
    return fmt::format("{}: intact {}{}\n", report["path"].get<std::string>(), report["kind"].get<std::string>(), what);
  }
  const ordered_json& problems = report["problems"];
  std::string text = fmt::format("{} is damaged: {} problem{}", report["path"].get<std::string>(), problems.size(),
                                 problems.size() == 1 ? "" : "s");
  for (std::size_t i = 0; i < problems.size() && i < kListed; ++i) {
    const ordered_json& problem = problems[i];
    const std::string& where = problem.contains("file") ? problem["file"].get_ref<const std::string&>()
                                                        : problem["tensor"].get_ref<const std::string&>();
    text += fmt::format("\n  {} {}: {}", problem.contains("file") ? "file" : "tensor", where,
                        problem["problem"].get<std::string>());
  }
  if (problems.size() > kListed) text += fmt::format("\n  and {} more", problems.size() - kListed);
  return text;
}

}  // namespace tenon
