// A text that most objects do not have: eight bytes while it is empty, where std::string takes 32.
//
//   RareString device;
//   device.str();                                    // ""
//   device = "/cpu:0";
//   device.edit() += ", and more";
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace tenon {

class RareString {
 public:
  RareString() = default;
  RareString(std::string_view text) { *this = text; }
  RareString(const RareString& other) : RareString(other.str()) {}
  RareString(RareString&&) = default;
  RareString& operator=(const RareString& other) { return *this = std::string_view(other.str()); }
  RareString& operator=(RareString&&) = default;
  ~RareString() = default;
  RareString& operator=(std::string_view text) {
    if (text.empty()) text_.reset();
    else edit().assign(text);
    return *this;
  }

  bool empty() const { return !text_ || text_->empty(); }
  const std::string& str() const {
    static const std::string none;
    return text_ ? *text_ : none;
  }
  operator std::string_view() const { return str(); }
  std::string& edit() {
    if (!text_) text_ = std::make_unique<std::string>();
    return *text_;
  }

 private:
  std::unique_ptr<std::string> text_;
};

}  // namespace tenon
