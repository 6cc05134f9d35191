#include "graph/unbound.h"

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <string_view>

namespace tenon {
namespace {

struct Fields {
  std::mutex mutex;
  std::map<std::string, std::vector<std::string>> by_type;
};

Fields& fields() {
  static Fields instance;
  return instance;
}

// How many handles each place has made on this thread. A place is a function and a line; a program has few of them
// that make handles, so a small table with replacement does.
struct Counter {
  const char* function = nullptr;
  unsigned line = 0;
  unsigned count = 0;
};
constexpr std::size_t kCounters = 256;
thread_local Counter counters[kCounters];

// "app::Mnist::Mnist()" -> "app::Mnist"; "" if the function is no constructor.
std::string_view constructed_type(std::string_view function) {
  const std::size_t paren = function.find('(');
  if (paren == std::string_view::npos) return {};
  function = function.substr(0, paren);
  if (const auto keyword = function.rfind(' '); keyword != std::string_view::npos)
    function = function.substr(keyword + 1);
  const std::size_t colons = function.rfind("::");
  if (colons == std::string_view::npos) return {};
  const std::string_view type = function.substr(0, colons), name = function.substr(colons + 2);
  const std::size_t outer = type.rfind("::");
  const std::string_view last = outer == std::string_view::npos ? type : type.substr(outer + 2);
  return last.substr(0, last.find('<')) == name.substr(0, name.find('<')) ? type : std::string_view();
}

std::string_view unqualified(std::string_view type) {
  const std::size_t colons = type.rfind("::");
  return colons == std::string_view::npos ? type : type.substr(colons + 2);
}

std::string file_name(const Origin& origin) {
  const std::string_view file = origin.file ? origin.file : "";
  const std::size_t slash = file.rfind('/');
  return fmt::format("{}:{}", slash == std::string_view::npos ? file : file.substr(slash + 1), origin.line);
}

std::string field_text(std::string_view type, unsigned ordinal) {
  std::lock_guard lock(fields().mutex);
  auto found = fields().by_type.find(std::string(type));
  if (found == fields().by_type.end()) found = fields().by_type.find(std::string(unqualified(type)));
  if (found == fields().by_type.end() || found->second.empty()) return "a field";
  return fmt::format("field \"{}\"", found->second[ordinal % found->second.size()]);
}

}  // namespace

Origin make_origin(const SourceLocation& where) {
  const char* function = where.function_name();
  const std::size_t hash = (reinterpret_cast<std::size_t>(function) >> 3) * 31 + where.line();
  Counter& counter = counters[hash % kCounters];
  if (counter.function != function || counter.line != where.line()) counter = {function, where.line(), 0};
  return {function, where.file_name(), where.line(), counter.count++};
}

void register_struct_fields(std::string type_name, std::vector<std::string> handle_field_names_in_construction_order) {
  std::lock_guard lock(fields().mutex);
  fields().by_type[std::move(type_name)] = std::move(handle_field_names_in_construction_order);
}

std::string describe_unbound(const Origin& origin) {
  if (!origin.function) return "this handle is not bound to a graph";
  const std::string_view type = constructed_type(origin.function);
  if (type.empty()) {
    return fmt::format("a handle made in {} at {} is not bound to a graph; bind it with from_graph or assign it",
                       origin.function, file_name(origin));
  }
  return fmt::format("{} of struct {} is not bound to a graph (made at {}); bind it with from_graph or assign it",
                     field_text(type, origin.ordinal), unqualified(type), file_name(origin));
}

}  // namespace tenon
