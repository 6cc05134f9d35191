// SharedBytes: bytes that live as long as somebody holds them.
//
//   const SharedBytes file = read_shared("model.ckpt.meta");
//   file.view();
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace tenon {

class SharedBytes {
 public:
  SharedBytes() = default;
  SharedBytes(std::string bytes) {
    const auto owner = std::make_shared<const std::string>(std::move(bytes));
    view_ = *owner;
    owner_ = owner;
  }
  // `owner` keeps what `view` points to.
  SharedBytes(std::shared_ptr<const void> owner, std::string_view view) : owner_(std::move(owner)), view_(view) {}

  std::string_view view() const { return view_; }

 private:
  std::shared_ptr<const void> owner_;
  std::string_view view_;
};

}  // namespace tenon
