// How to_graph and from_graph walk through a struct. What they do at its leaves is in src/binding.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "tenon/detail/reflect.h"
#include "tenon/graph.h"
#include "tenon/json.h"

namespace tenon {

// Specialise to true for a type whose fields are never to be bound, such as a third party's aggregate that
// cannot be taken apart.
template <typename T>
inline constexpr bool skip_field = false;

namespace detail {

using TensorOrOperation = std::variant<Output, Operation>;

template <typename T>
concept NodeField = std::is_same_v<T, Output> || std::is_same_v<T, Operation> || std::is_same_v<T, Variable> ||
                    std::is_same_v<T, TensorOrOperation>;

template <typename T>
struct Container {
  static constexpr bool list = false, fixed = false, map = false, optional = false;
};
template <typename T, typename A>
struct Container<std::vector<T, A>> : Container<void> {
  static constexpr bool list = true;
  using Element = T;
};
template <typename T, std::size_t n>
struct Container<std::array<T, n>> : Container<void> {
  static constexpr bool list = true, fixed = true;
  using Element = T;
};
template <typename T, std::size_t n>
struct Container<T[n]> : Container<void> {
  static constexpr bool list = true, fixed = true;
  using Element = T;
};
template <typename T, typename Less, typename A>
struct Container<std::map<std::string, T, Less, A>> : Container<void> {
  static constexpr bool map = true;
  using Element = T;
};
template <typename T>
struct Container<std::optional<T>> : Container<void> {
  static constexpr bool optional = true;
  using Element = T;
};
template <typename T>
concept IsContainer = Container<T>::list || Container<T>::map || Container<T>::optional;

template <typename T>
concept Struct = std::is_class_v<T> && (std::is_aggregate_v<T> || SaysFields<T>) && !NodeField<T> && !IsContainer<T>;

// The rules for T itself; a broken one stops the compilation with a sentence.
template <typename T>
consteval bool check_struct() {
  static_assert(!std::is_union_v<T>, "tenon: a union can't be bound: nobody knows which of its fields is alive; "
                                     "use std::variant<tenon::Output, tenon::Operation> or a struct");
  static_assert(std::is_union_v<T> || Struct<T>,
                "tenon: only a struct can be bound: a plain aggregate, or a class that says its fields with "
                "static constexpr auto fields() { return tenon::fields(\"x\", &Model::x_, ...); }");
  if constexpr (Struct<T> && !SaysFields<T>) {
    static_assert(!HasBase<T>, "tenon: a struct with a base class can't be taken apart: say its fields with "
                               "static constexpr auto fields(), or make the base a field");
    static_assert(HasBase<T> || requires { T{}; },
                  "tenon: every field of a bound struct needs a default: no references, no types without a default "
                  "constructor");
    if constexpr (!HasBase<T> && requires { T{}; }) {
      constexpr std::size_t count = count_fields<T>();
      static_assert(count != kHasReference, "tenon: a bound struct can't have references as fields: hold "
                                            "tenon::Output and tenon::Operation by value");
      static_assert(count != kTooManyFields, "tenon: a bound struct can have 64 fields at most: put some of them "
                                             "into a struct of their own");
      return count <= kMaxFields;
    }
    return false;
  }
  return Struct<T>;
}

template <typename T, typename... Outer>
consteval bool check_field();

template <typename T, typename... Outer>
consteval bool fields_hold_nodes() {
  return []<typename... F>(std::type_identity<std::tuple<F...>>) {
    return (... + static_cast<int>(check_field<F, Outer..., T>())) > 0;  // every field is checked
  }(std::type_identity<FieldTypes<T>>());
}

// True if a field of type T is or contains a node. Outer: the structs on the way here, so that a struct that
// contains a list of itself ends.
template <typename T, typename... Outer>
consteval bool check_field() {
  using Plain = std::remove_cv_t<T>;
  if constexpr ((std::is_same_v<Plain, Outer> || ...) || skip_field<Plain>) {
    return false;
  } else if constexpr (NodeField<Plain>) {
    static_assert(!std::is_const_v<T>, "tenon: a field that names a node can be neither const nor a reference: "
                                       "from_graph could not set it");
    return !std::is_const_v<T>;
  } else if constexpr (std::is_pointer_v<Plain>) {
    static_assert(!NodeField<std::remove_cv_t<std::remove_pointer_t<Plain>>>,
                  "tenon: hold tenon::Output and tenon::Operation by value, not by pointer: they are small handles");
    return false;
  } else if constexpr (IsContainer<Plain>) {
    return check_field<typename Container<Plain>::Element, Outer...>();
  } else if constexpr (std::is_union_v<Plain> || Struct<Plain>) {
    if constexpr (check_struct<Plain>()) return fields_hold_nodes<Plain, Outer...>();
    return false;
  } else {
    return false;
  }
}

template <typename T>
inline constexpr bool holds_nodes = check_field<T>();

template <typename T>
consteval bool check_bindable() {
  if constexpr (check_struct<T>()) {
    static_assert(holds_nodes<T>, "tenon: no field of this struct is a tenon::Output, tenon::Operation or "
                                  "tenon::Variable, so there is nothing to bind");
    return holds_nodes<T>;
  }
  return false;
}

// The way from the struct to the field at hand, "tower.layers[2].kernel", and what was found wrong on it.
class BindingPath {
 public:
  explicit BindingPath(std::string_view type_name) : type_name_(type_name) {}

  class Step {
   public:
    Step(std::string& path, std::size_t length) : path_(path), length_(length) {}
    ~Step() { path_.resize(length_); }
    Step(const Step&) = delete;

   private:
    std::string& path_;
    std::size_t length_;
  };
  [[nodiscard]] Step enter(std::string_view name);
  [[nodiscard]] Step enter(std::size_t index);

  void problem(Code code, const std::string& what);
  // Throws one Error with all problems, if there are any: "from_graph: 2 fields of Mnist ...".
  void finish(std::string_view task) const;

 protected:
  std::string type_name_;
  std::string path_;

 private:
  std::vector<std::string> problems_;
  Code code_ = Code::InvalidArgument;
};

class BindingWriter : public BindingPath {
 public:
  using BindingPath::BindingPath;
  Json name_of(const Output& output);
  Json name_of(const Operation& operation);
  Json name_of(const Variable& variable) { return name_of(variable.handle); }
  Json name_of(const TensorOrOperation& node);
};

class BindingReader : public BindingPath {
 public:
  BindingReader(std::string_view type_name, const Graph& graph, bool apply)
      : BindingPath(type_name), graph_(graph), apply_(apply) {}

  // The first pass only checks; the second changes the struct.
  bool apply() const { return apply_; }
  void bind(Output& field, const Json* json);
  void bind(Operation& field, const Json* json);
  void bind(Variable& field, const Json* json);
  void bind(TensorOrOperation& field, const Json* json);

  // `json` as what the field needs; null, after reporting it, if it is something else.
  const Json::List* as_list(const Json* json);
  const Json::Dict* as_dict(const Json* json);
  // Reports the entries whose key is none of the fields.
  void check_keys(const Json::Dict& entries, const std::vector<std::string>& fields, std::string_view type_name);

 private:
  const std::string* as_name(const Json* json, std::string_view kind);

  const Graph& graph_;
  bool apply_;
};

// Tells what to call the unbound handles of a struct: the names of its own Output and Operation fields, in order.
bool register_handles(std::string_view type_name, const std::vector<std::string>& fields);

template <typename T>
bool register_struct();

// Referring to this registers T before main, so that using an unbound handle names its field even if no binding
// function ran before. Only the text of that message depends on it.
template <typename T>
inline const bool registered = register_struct<T>();

template <typename T>
constexpr void refer_to_registration() {
  if constexpr (IsContainer<T>) refer_to_registration<typename Container<T>::Element>();
  else if constexpr (Struct<T>) static_cast<void>(&registered<T>);
}

// Handles inside other structs and containers are made, and so named, by those.
template <typename F>
void add_handles(std::string_view name, std::vector<std::string>& names) {
  if constexpr (std::is_same_v<F, Output> || std::is_same_v<F, Operation>) {
    names.emplace_back(name);
  } else if constexpr (std::is_array_v<F>) {
    for (std::size_t i = 0; i < std::extent_v<F>; ++i) {
      add_handles<std::remove_extent_t<F>>(std::string(name) + "[" + std::to_string(i) + "]", names);
    }
  } else if constexpr (holds_nodes<F>) {
    refer_to_registration<F>();
  }
}

template <typename T>
bool register_struct() {
  if constexpr (!SaysFields<T>) {
    std::vector<std::string> names;
    constexpr auto fields = field_names<T>();
    [&]<std::size_t... i>(std::index_sequence<i...>) {
      (add_handles<std::tuple_element_t<i, FieldTypes<T>>>(fields[i], names), ...);
    }(std::make_index_sequence<fields.size()>());
    return register_handles(type_name<T>(), names);
  }
  return true;
}

// What stands for `value`; nothing for what TFGraphConvertible leaves out: an empty optional, list or dictionary.
template <typename T>
std::optional<Json> write(BindingWriter& writer, const T& value) {
  if constexpr (NodeField<T>) {
    return writer.name_of(value);
  } else if constexpr (Container<T>::optional) {
    return value ? write(writer, *value) : std::nullopt;
  } else if constexpr (Container<T>::list) {
    Json list = Json::list();
    for (const auto& element : value) {
      auto step = writer.enter(list.size());
      list.push_back(write(writer, element).value_or(Json()));
    }
    return list.size() > 0 ? std::optional(std::move(list)) : std::nullopt;
  } else {
    Json dict = Json::dict();
    auto add = [&](std::string_view name, const auto& field) {
      auto step = writer.enter(name);
      if (std::optional<Json> json = write(writer, field)) dict[name] = std::move(*json);
    };
    if constexpr (Container<T>::map) {
      for (const auto& [name, field] : value) add(name, field);
    } else {
      for_each_field(value, [&]<typename F>(std::string_view name, const F& field) {
        if constexpr (holds_nodes<F>) add(name, field);
      });
    }
    return dict.size() > 0 ? std::optional(std::move(dict)) : std::nullopt;
  }
}

template <typename T>
void read(BindingReader& reader, T& value, const Json* json);

template <typename T>
void read_list(BindingReader& reader, T& value, const Json* json) {
  const Json::List* list = reader.as_list(json);
  if (!list) return;
  if constexpr (Container<T>::fixed) {
    constexpr std::size_t count = sizeof(T) / sizeof(typename Container<T>::Element);
    if (list->size() != count) {
      return reader.problem(Code::InvalidArgument, "the binding lists " + std::to_string(list->size()) +
                                                       " elements, the field has " + std::to_string(count));
    }
    std::size_t i = 0;
    for (auto& element : value) {
      auto step = reader.enter(i);
      read(reader, element, &(*list)[i++]);
    }
  } else {
    T elements(list->size());
    for (std::size_t i = 0; i < elements.size(); ++i) {
      auto step = reader.enter(i);
      read(reader, elements[i], &(*list)[i]);
    }
    if (reader.apply()) value = std::move(elements);
  }
}

template <typename T>
void read_map(BindingReader& reader, T& value, const Json* json) {
  const Json::Dict* entries = reader.as_dict(json);
  if (!entries) return;
  T fields;
  for (const auto& [name, entry] : *entries) {
    auto step = reader.enter(name);
    read(reader, fields[name], &entry);
  }
  if (reader.apply()) value = std::move(fields);
}

template <typename T>
void read_struct(BindingReader& reader, T& value, const Json* json) {
  const Json::Dict* entries = reader.as_dict(json);
  if (!entries) return;
  std::vector<std::string> names;
  for_each_field(value, [&]<typename F>(std::string_view name, F& field) {
    if constexpr (holds_nodes<F>) {
      names.emplace_back(name);
      auto step = reader.enter(name);
      read(reader, field, json ? json->find(name) : nullptr);
    }
  });
  reader.check_keys(*entries, names, type_name<T>());
}

// json: null if the binding has no entry for the field.
template <typename T>
void read(BindingReader& reader, T& value, const Json* json) {
  if constexpr (NodeField<T>) {
    reader.bind(value, json);
  } else if constexpr (Container<T>::optional) {
    std::optional<typename Container<T>::Element> held;
    if (json && !json->is_null()) read(reader, held.emplace(), json);
    if (reader.apply()) value = std::move(held);
  } else if constexpr (Container<T>::list) {
    read_list(reader, value, json);
  } else if constexpr (Container<T>::map) {
    read_map(reader, value, json);
  } else {
    read_struct(reader, value, json);
  }
}

}  // namespace detail
}  // namespace tenon
