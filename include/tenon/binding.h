// Binding: the fields of a struct of yours <-> the nodes of a graph, by name.
//
//   struct Mnist {                          // a plain aggregate: no base class, no macro
//     tenon::Output x, y, accuracy, loss;
//     tenon::Operation train_step;
//     float lr = 1e-3f;                     // not a node: skipped
//   };
//   Mnist model = build(graph);
//   tenon::Json fields = tenon::to_graph(model);   // {"x":"ExpandDims:0",...,"train_step":"Adam"}
//
//   Mnist again;                            // later, with the graph imported from a .meta
//   tenon::from_graph(again, fields, graph);
//   session.run({again.accuracy}, ...);
//
// Node fields are Output (bound to a tensor name, "Mean:0"), Operation ("Adam"), Variable (the name of its handle,
// "dense/kernel:0"; from_graph finds the rest in the graph's collections) and std::variant<Output, Operation>
// (a tensor name is tried first, then an operation name). They may stand in structs inside the struct, in
// std::optional, std::vector, std::array and std::map<std::string, T>: lists and dictionaries, as TFGraphConvertible
// writes them; what is empty is left out. Fields of other types are skipped.
//
// A class with private fields says them once:
//
//   class Mnist {
//    public:
//     static constexpr auto fields() { return tenon::fields("x", &Mnist::x_, "loss", &Mnist::loss_); }
//    private:
//     tenon::Output x_, loss_;
//   };
//
// What a struct may not have (references, unions, a base class, ...) stops the compilation with a sentence that
// begins with "tenon:". The functions may be called from many threads on different objects.
#pragma once

#include "tenon/detail/bind.h"
#include "tenon/graph.h"
#include "tenon/json.h"

namespace tenon {

// The names of the nodes that the fields of `object` are bound to. Throws FailedPrecondition, which lists every
// field that is bound to none.
template <typename T>
Json to_graph(const T& object) {
  if constexpr (detail::check_bindable<T>()) {
    detail::refer_to_registration<T>();
    detail::BindingWriter writer(detail::type_name<T>());
    std::optional<Json> json = detail::write(writer, object);
    writer.finish("to_graph");
    return std::move(json).value_or(Json::dict());
  }
}

// Binds the fields of `object` to the nodes that `names` says. Throws one error that lists all names the graph does
// not have (with the nearest it has), fields without an entry and entries without a field; the object then stays
// as it was.
template <typename T>
void from_graph(T& object, const Json& names, const Graph& graph) {
  if constexpr (detail::check_bindable<T>()) {
    detail::refer_to_registration<T>();
    for (const bool apply : {false, true}) {
      detail::BindingReader reader(detail::type_name<T>(), graph, apply);
      detail::read(reader, object, &names);
      reader.finish("from_graph");
    }
  }
}

// The same for a new object: auto model = tenon::from_graph<Mnist>(names, graph).
template <typename T>
T from_graph(const Json& names, const Graph& graph) {
  T object{};
  from_graph(object, names, graph);
  return object;
}

// What a class with private fields returns from its static fields(): names and pointers to members in turn.
template <typename... NamesAndMembers>
constexpr auto fields(NamesAndMembers... names_and_members) {
  static_assert(sizeof...(NamesAndMembers) % 2 == 0,
                "tenon: fields takes a name and a pointer to member for each field");
  const std::tuple all{names_and_members...};
  return [&]<std::size_t... i>(std::index_sequence<i...>) {
    return detail::Fields<std::tuple_element_t<2 * i + 1, std::tuple<NamesAndMembers...>>...>{
        {{std::string_view(std::get<2 * i>(all)), std::get<2 * i + 1>(all)}...}};
  }(std::make_index_sequence<sizeof...(NamesAndMembers) / 2>());
}

// A binding can travel inside the graph, and so inside its .meta: as the collection "tenon/binding/NAME", which
// TensorFlow carries along. save_binding replaces an earlier one; load_binding throws NotFound, with the names
// there are.
void save_binding(Graph& graph, const Json& names, std::string_view name = "model");
Json load_binding(const Graph& graph, std::string_view name = "model");

}  // namespace tenon
