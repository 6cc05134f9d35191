#include <fmt/format.h>

#include "tenon/error.h"
#include "tenon/saver.h"

namespace tenon {
namespace {

std::int64_t integer_of(const Tensor& value, const std::string& name) {
  if (value.elements() == 1) {
    if (value.dtype() == int64) return value.at<std::int64_t>(0);
    if (value.dtype() == int32) return value.at<std::int32_t>(0);
    if (value.dtype() == int16) return value.at<std::int16_t>(0);
    if (value.dtype() == int8) return value.at<std::int8_t>(0);
    if (value.dtype() == uint8) return value.at<std::uint8_t>(0);
    if (value.dtype() == uint16) return value.at<std::uint16_t>(0);
    if (value.dtype() == uint32) return value.at<std::uint32_t>(0);
    if (value.dtype() == uint64) return static_cast<std::int64_t>(value.at<std::uint64_t>(0));
  }
  throw Error(Code::InvalidArgument,
              fmt::format("the global step {} is {}; one integer is needed", name, value.to_string()));
}

}  // namespace

std::int64_t GlobalStep::value(Session& session) const {
  if (const auto* number = std::get_if<std::int64_t>(&step_)) return *number;
  const auto* output = std::get_if<Output>(&step_);
  const Output fetch = output ? *output : session.graph().tensor(std::get<std::string>(step_));
  return integer_of(session.run(fetch), fetch.name());
}

}  // namespace tenon
