#include "cli/ls.h"

#include <fmt/format.h>

#include <array>
#include <vector>

namespace tenon {
namespace {

using nlohmann::ordered_json;
using Row = std::vector<std::string>;

// Columns as wide as their longest cell; the last one, a number, stands to the right if `numbers`.
std::string table(const std::vector<Row>& rows, const std::string& indent, bool numbers) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line = indent;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const bool last = i + 1 == row.size();
      if (last && numbers) line += fmt::format("{:>{}}", row[i], widths[i]);
      else line += last ? row[i] : fmt::format("{:<{}}  ", row[i], widths[i]);
    }
    text += line + '\n';
  }
  return text;
}

std::string shape_text(const ordered_json& json) {
  if (!json.contains("shape") || json["shape"].is_null()) return "<unknown>";
  std::string text;
  for (const auto& dim : json["shape"]) {
    if (!text.empty()) text += ',';
    text += dim.get<std::int64_t>() < 0 ? "?" : std::to_string(dim.get<std::int64_t>());
  }
  return "[" + text + "]";
}

Row typed_row(const ordered_json& json) {
  return {json["name"].get<std::string>(), json["dtype"].get<std::string>(), shape_text(json)};
}

std::string plural(std::size_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string checkpoint_text(const ordered_json& listing) {
  std::vector<Row> rows;
  for (const auto& tensor : listing["tensors"]) {
    rows.push_back(typed_row(tensor));
    rows.back().push_back(std::to_string(tensor["bytes"].get<std::uint64_t>()));
  }
  return table(rows, "", true) +
         fmt::format("{}, {} bytes\n", plural(rows.size(), "tensor"), listing["bytes"].get<std::uint64_t>());
}

std::string section(const std::string& title, const std::vector<Row>& rows, bool numbers = false) {
  return rows.empty() ? "" : title + "\n" + table(rows, "  ", numbers);
}

std::string signatures_text(const ordered_json& signatures) {
  std::string text;
  for (const auto& [name, signature] : signatures.items()) {
    std::vector<Row> rows;
    for (const char* side : {"inputs", "outputs"}) {
      for (const auto& [key, info] : signature[side].items()) {
        Row row = typed_row(info);
        row.insert(row.begin(), {std::string(side).substr(0, std::string(side).size() - 1), key});
        rows.push_back(std::move(row));
      }
    }
    text += section(fmt::format("signature {} ({})", name, signature["method"].get<std::string>()), rows);
  }
  return text;
}

std::string graph_text(const ordered_json& graph) {
  std::vector<Row> inputs, variables, operations, collections;
  for (const auto& input : graph["inputs"]) inputs.push_back(typed_row(input));
  for (const auto& variable : graph["variables"]) variables.push_back(typed_row(variable));
  for (const auto& [type, count] : graph["operations"].items())
    operations.push_back({type, std::to_string(count.get<int>())});
  std::string text;
  if (graph.contains("tags")) text += "tags " + graph["tags"].dump() + "\n";
  text += section("inputs", inputs) + section("variables", variables);
  if (graph.contains("collections")) {
    for (const auto& [name, size] : graph["collections"].items())
      collections.push_back({name, std::to_string(size.get<int>())});
    text += section("collections", collections, true) + signatures_text(graph["signatures"]);
  }
  text += section("operations", operations, true);
  if (graph.contains("functions")) text += plural(graph["functions"].size(), "function") + "\n";
  return text + fmt::format("{} of {}, {}\n", plural(graph["nodes"].get<std::size_t>(), "node"),
                            plural(operations.size(), "type"), plural(variables.size(), "variable"));
}

}  // namespace

nlohmann::ordered_json list_model(const ModelPath& model) {
  const bool checkpoint = model.kind == ModelKind::Bundle || model.kind == ModelKind::V1Checkpoint;
  return checkpoint ? list_checkpoint(model) : list_graph(model);
}

std::string list_as_text(const nlohmann::ordered_json& listing) {
  if (listing["kind"] == "checkpoint") return checkpoint_text(listing);
  std::string text;
  for (const auto& graph : listing["graphs"]) text += graph_text(graph);
  return text;
}

}  // namespace tenon
