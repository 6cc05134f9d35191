// Json: the value that bindings are written as. Dictionaries keep the order of their keys.
//
//   tenon::Json fields = tenon::Json::parse(R"({"x":"ExpandDims:0","layers":["dense/BiasAdd:0"]})");
//   fields.at("x").string();         // "ExpandDims:0"
//   fields["y"] = "one_hot:0";
//   std::cout << fields;             // {"x":"ExpandDims:0","layers":["dense/BiasAdd:0"],"y":"one_hot:0"}
//   tenon::Json same{{"x", "ExpandDims:0"}, {"y", "one_hot:0"}};
//
// A plain value. Functions that meet a value of another kind than they ask for throw InvalidArgument.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tenon {

class Json {
 public:
  using List = std::vector<Json>;
  using Dict = std::vector<std::pair<std::string, Json>>;

  Json() = default;  // null
  Json(std::nullptr_t) {}
  Json(const char* text) : value_(std::string(text)) {}
  Json(std::string_view text) : value_(std::string(text)) {}
  Json(std::string text) : value_(std::move(text)) {}
  Json(bool value) : value_(value) {}
  Json(int value) : value_(std::int64_t{value}) {}
  Json(std::int64_t value) : value_(value) {}
  Json(double value) : value_(value) {}
  Json(std::initializer_list<std::pair<std::string, Json>> entries);  // a dictionary; a repeated key's last value
  static Json list(List elements = {});
  static Json dict();

  // Reads one JSON value; throws InvalidArgument, with the byte, if the text is not exactly that.
  static Json parse(std::string_view text);
  // One line without spaces, or lines indented by `indent` spaces.
  std::string dump(int indent = -1) const;

  bool is_null() const { return value_.index() == 0; }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_list() const { return std::holds_alternative<List>(value_); }
  bool is_dict() const { return std::holds_alternative<Dict>(value_); }
  const char* kind() const;  // "null", "a boolean", "a number", "a string", "a list", "a dictionary"

  const std::string& string() const;
  std::int64_t integer() const;
  double number() const;  // also of an integer
  bool boolean() const;
  const List& elements() const;
  const Dict& entries() const;
  std::size_t size() const;  // of a list or dictionary; 0 for null

  const Json* find(std::string_view key) const;   // null if absent
  const Json& at(std::string_view key) const;     // throws NotFound, with the keys there are
  const Json& at(std::size_t i) const;            // throws OutOfRange
  Json& operator[](std::string_view key);         // makes the entry; null becomes a dictionary first
  void push_back(Json element);                   // null becomes a list first

  bool operator==(const Json& other) const = default;

 private:
  friend struct JsonWriter;
  std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, List, Dict> value_;
};

std::ostream& operator<<(std::ostream& out, const Json& json);

}  // namespace tenon
