// OpType: the type of an operation ("Conv2D"), as a pointer to a text that all nodes of the type share.
//
//   OpTypes types;
//   const OpType conv = types.get("Conv2D");
//   conv == "Conv2D"; conv.str();
//
// The texts live as long as their OpTypes.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>

namespace tenon {

class OpType {
 public:
  OpType() = default;  // ""

  const std::string& str() const {
    static const std::string none;
    return text_ ? *text_ : none;
  }
  operator const std::string&() const { return str(); }
  operator std::string_view() const { return str(); }
  friend bool operator==(const OpType& a, std::string_view b) { return a.str() == b; }

 private:
  friend class OpTypes;
  explicit OpType(const std::string& text) : text_(&text) {}

  const std::string* text_ = nullptr;
};

class OpTypes {
 public:
  OpType get(std::string_view text) {
    const auto found = texts_.find(text);
    return OpType(found != texts_.end() ? *found : *texts_.emplace(text).first);
  }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  std::unordered_set<std::string, Hash, std::equal_to<>> texts_;
};

}  // namespace tenon

template <>
struct fmt::formatter<tenon::OpType> : fmt::formatter<std::string_view> {
  template <typename Context>
  auto format(const tenon::OpType& type, Context& context) const {
    return fmt::formatter<std::string_view>::format(type.str(), context);
  }
};
