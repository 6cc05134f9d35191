// Names and references of the fields of a struct, without a macro in it: a plain aggregate's come from the
// compiler, a class with private fields says them once (see tenon::fields in binding.h).
//
// A field's name is read from the text that the compiler gives for a template argument "pointer to that field of
// an object that is declared but never made".
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "tenon/detail/fields_table.h"

namespace tenon::detail {

template <typename T>
struct Holder {
  T value;
};
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-internal"
#endif
template <typename T>
extern const Holder<T> never_made;
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

// Clang before 18 takes a pointer to a field as a template argument only inside a struct.
template <typename Pointer>
struct PointerTo {
  Pointer pointer;
};
template <typename Pointer>
PointerTo(Pointer) -> PointerTo<Pointer>;

constexpr bool is_name_character(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

#if defined(__clang__)
template <auto kPointer>
consteval std::string_view pointer_text() {
  return __PRETTY_FUNCTION__;  // "... [kPointer = {&never_made.value.NAME}]"
}
#else
template <auto kPointer>
consteval std::string_view pointer_text() {
  return __PRETTY_FUNCTION__;  // "... [with auto kPointer = (& never_made<T>.Holder<T>::value.T::NAME); std::..."
}
#endif

// The last name before the bracket that closes the pointer.
consteval std::string_view field_name_in(std::string_view text) {
#if defined(__clang__)
  std::size_t end = text.rfind('}');
#else
  std::size_t end = text.find("); std::string_view");
  if (end == std::string_view::npos) end = text.rfind(')');
#endif
  std::size_t begin = end;
  while (begin > 0 && is_name_character(text[begin - 1])) --begin;
  return text.substr(begin, end - begin);
}

template <typename T, std::size_t i>
consteval std::string_view field_name() {
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
  return field_name_in(pointer_text<PointerTo{&std::get<i>(tie_fields<count_fields<T>()>(never_made<T>.value))}>());
#pragma clang diagnostic pop
#else
  return field_name_in(pointer_text<&std::get<i>(tie_fields<count_fields<T>()>(never_made<T>.value))>());
#endif
}

template <typename T>
consteval auto field_names() {
  return []<std::size_t... i>(std::index_sequence<i...>) {
    return std::array<std::string_view, sizeof...(i)>{field_name<T, i>()...};
  }(std::make_index_sequence<count_fields<T>()>());
}

// "Mnist", "models::Mnist".
template <typename T>
consteval std::string_view type_name() {
  constexpr std::string_view text = __PRETTY_FUNCTION__;
  const std::size_t begin = text.find("T = ") + 4;
  const std::size_t semicolon = text.find("; std::string_view", begin);
  return text.substr(begin, (semicolon == std::string_view::npos ? text.rfind(']') : semicolon) - begin);
}

struct NameProbe {
  int first;
  struct { int inner; } second_2;
};
static_assert(field_name<NameProbe, 0>() == "first" && field_name<NameProbe, 1>() == "second_2" &&
                  type_name<NameProbe>().ends_with("NameProbe"),
              "tenon: this compiler writes field names in a way that tenon does not know; g++ 12 and later and "
              "clang 14 and later are known");

// Stands for any base class of T, and for nothing else.
template <typename T>
struct AnyBase {
  template <typename U>
    requires(std::is_base_of_v<U, T> && !std::is_same_v<U, T>)
  operator U() const;
};
struct Nothing {};

template <typename T>
concept HasBase = requires { T{AnyBase<T>{}}; } && !requires { T{Nothing{}}; };

// A class that says its fields: what tenon::fields returns.
template <typename... Members>
struct Fields {
  std::tuple<std::pair<std::string_view, Members>...> members;
};
template <typename T>
struct IsFields : std::false_type {};
template <typename... Members>
struct IsFields<Fields<Members...>> : std::true_type {};

template <typename T>
concept SaysFields = requires { requires IsFields<std::remove_cvref_t<decltype(T::fields())>>::value; };

// Calls fn(name, field) for each field in order. REQUIRES: see check_bindable in bind.h.
template <typename T, typename Fn>
constexpr void for_each_field(T& object, Fn&& fn) {
  using Plain = std::remove_const_t<T>;
  if constexpr (SaysFields<Plain>) {
    constexpr auto said = Plain::fields();
    std::apply([&](const auto&... member) { (fn(member.first, object.*(member.second)), ...); }, said.members);
  } else {
    constexpr auto names = field_names<Plain>();
    [&]<std::size_t... i>(std::index_sequence<i...>, auto&& tied) {
      (fn(names[i], std::get<i>(tied)), ...);
    }(std::make_index_sequence<names.size()>(), tie_fields<names.size()>(object));
  }
}

template <typename T>
struct MemberType;
template <typename Class, typename Member>
struct MemberType<Member Class::*> {
  using type = Member;
};
template <typename T>
struct FieldTypesOf;
template <typename... Members>
struct FieldTypesOf<Fields<Members...>> {
  using type = std::tuple<typename MemberType<Members>::type...>;
};
template <typename... References>
struct FieldTypesOf<std::tuple<References...>> {
  using type = std::tuple<std::remove_reference_t<References>...>;
};

// The types of T's fields, as a tuple type.
template <typename T>
consteval auto field_types() {
  if constexpr (SaysFields<T>) {
    return std::type_identity<typename FieldTypesOf<std::remove_cvref_t<decltype(T::fields())>>::type>();
  } else {
    using Tied = decltype(tie_fields<count_fields<T>()>(std::declval<T&>()));
    return std::type_identity<typename FieldTypesOf<Tied>::type>();
  }
}
template <typename T>
using FieldTypes = typename decltype(field_types<T>())::type;

}  // namespace tenon::detail
