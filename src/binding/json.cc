#include "tenon/json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "tenon/error.h"

namespace tenon {
namespace {

[[noreturn]] void throw_kind(const Json& json, const char* wanted) {
  throw Error(Code::InvalidArgument, fmt::format("JSON: {} expected, found {}: {}", wanted, json.kind(),
                                                 json.dump().substr(0, 80)));
}

constexpr std::size_t kMaxDepth = 200;

// Builds a Json from the parser's events: the parser itself does not recurse, and kMaxDepth bounds who does later.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return put(Json()); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(std::int64_t value) override { return put(value); }
  bool number_unsigned(std::uint64_t value) override {
    return value <= static_cast<std::uint64_t>(INT64_MAX) ? put(static_cast<std::int64_t>(value))
                                                          : put(static_cast<double>(value));
  }
  bool number_float(double value, const std::string&) override { return put(value); }
  bool string(std::string& value) override { return put(std::move(value)); }
  bool binary(nlohmann::json::binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Json::dict()); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(Json::list()); }
  bool end_array() override { return close(); }
  bool key(std::string& name) override {
    keys_.back() = name;
    return true;
  }
  bool parse_error(std::size_t byte, const std::string&, const nlohmann::json::exception& error) override {
    const std::string_view what = error.what();
    const std::size_t colon = what.find(": ");
    throw Error(Code::InvalidArgument,
                fmt::format("JSON @ byte {}: {}", byte, colon == what.npos ? what : what.substr(colon + 2)));
  }
  Json take() { return std::move(root_); }

 private:
  bool put(Json value) {
    if (open_.empty()) root_ = std::move(value);
    else if (open_.back().is_list()) open_.back().push_back(std::move(value));
    else open_.back()[keys_.back()] = std::move(value);
    return true;
  }
  bool open(Json container) {
    if (open_.size() >= kMaxDepth) {
      throw Error(Code::InvalidArgument, fmt::format("JSON: more than {} levels of lists and dictionaries", kMaxDepth));
    }
    open_.push_back(std::move(container));
    keys_.emplace_back();
    return true;
  }
  bool close() {
    Json done = std::move(open_.back());
    open_.pop_back();
    keys_.pop_back();
    return put(std::move(done));
  }

  Json root_;
  std::vector<Json> open_;
  std::vector<std::string> keys_;
};

}  // namespace

struct JsonWriter {
  std::string out;
  int indent;

  void line(int depth) {
    if (indent < 0) return;
    out += '\n';
    out.append(static_cast<std::size_t>(indent) * static_cast<std::size_t>(depth), ' ');
  }

  void scalar(const Json& json) {
    // Invalid UTF-8 is written with U+FFFD, as the names of nodes are UTF-8 anyway.
    auto text = [](const auto& value) {
      return nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    };
    if (json.is_null()) out += "null";
    else if (const auto* b = std::get_if<bool>(&json.value_)) out += text(*b);
    else if (const auto* i = std::get_if<std::int64_t>(&json.value_)) out += text(*i);
    else if (const auto* d = std::get_if<double>(&json.value_)) out += text(*d);
    else out += text(std::get<std::string>(json.value_));
  }

  void write(const Json& json, int depth) {
    if (!json.is_list() && !json.is_dict()) return scalar(json);
    const bool list = json.is_list();
    out += list ? '[' : '{';
    for (std::size_t i = 0; i < json.size(); ++i) {
      if (i > 0) out += ',';
      line(depth + 1);
      if (!list) {
        scalar(json.entries()[i].first);
        out += indent < 0 ? ":" : ": ";
      }
      write(list ? json.elements()[i] : json.entries()[i].second, depth + 1);
    }
    if (json.size() > 0) line(depth);
    out += list ? ']' : '}';
  }
};

Json::Json(std::initializer_list<std::pair<std::string, Json>> entries) : value_(Dict()) {
  for (const auto& [key, value] : entries) (*this)[key] = value;
}

Json Json::list(List elements) {
  Json json;
  json.value_ = std::move(elements);
  return json;
}

Json Json::dict() {
  Json json;
  json.value_ = Dict();
  return json;
}

Json Json::parse(std::string_view text) {
  Builder builder;
  nlohmann::json::sax_parse(text, &builder);
  return builder.take();
}

std::string Json::dump(int indent) const {
  JsonWriter writer{{}, indent};
  writer.write(*this, 0);
  return std::move(writer.out);
}

const char* Json::kind() const {
  constexpr const char* kinds[] = {"null", "a boolean", "a number", "a number", "a string", "a list", "a dictionary"};
  return kinds[value_.index()];
}

const std::string& Json::string() const {
  if (const auto* value = std::get_if<std::string>(&value_)) return *value;
  throw_kind(*this, "a string");
}

std::int64_t Json::integer() const {
  if (const auto* value = std::get_if<std::int64_t>(&value_)) return *value;
  throw_kind(*this, "an integer");
}

double Json::number() const {
  if (const auto* value = std::get_if<double>(&value_)) return *value;
  if (const auto* value = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*value);
  throw_kind(*this, "a number");
}

bool Json::boolean() const {
  if (const auto* value = std::get_if<bool>(&value_)) return *value;
  throw_kind(*this, "a boolean");
}

const Json::List& Json::elements() const {
  if (const auto* value = std::get_if<List>(&value_)) return *value;
  throw_kind(*this, "a list");
}

const Json::Dict& Json::entries() const {
  if (const auto* value = std::get_if<Dict>(&value_)) return *value;
  throw_kind(*this, "a dictionary");
}

std::size_t Json::size() const {
  if (is_null()) return 0;
  return is_list() ? elements().size() : entries().size();
}

const Json* Json::find(std::string_view key) const {
  for (const auto& [name, value] : entries()) {
    if (name == key) return &value;
  }
  return nullptr;
}

const Json& Json::at(std::string_view key) const {
  if (const Json* found = find(key)) return *found;
  std::vector<std::string> keys;
  for (const auto& [name, value] : entries()) keys.push_back(name);
  throw Error(Code::NotFound, fmt::format("JSON: no key \"{}\"; there are: {}", key, fmt::join(keys, ", ")));
}

const Json& Json::at(std::size_t i) const {
  if (i < elements().size()) return elements()[i];
  throw Error(Code::OutOfRange, fmt::format("JSON: element {} of a list of {}", i, size()));
}

Json& Json::operator[](std::string_view key) {
  if (is_null()) value_ = Dict();
  if (!is_dict()) throw_kind(*this, "a dictionary");
  auto& entries = std::get<Dict>(value_);
  for (auto& [name, value] : entries) {
    if (name == key) return value;
  }
  return entries.emplace_back(std::string(key), Json()).second;
}

void Json::push_back(Json element) {
  if (is_null()) value_ = List();
  if (!is_list()) throw_kind(*this, "a list");
  std::get<List>(value_).push_back(std::move(element));
}

std::ostream& operator<<(std::ostream& out, const Json& json) { return out << json.dump(); }

}  // namespace tenon
