// What to say when a handle that belongs to no graph is used.
#pragma once

#include "tenon/source_location.h"
#include <string>
#include <vector>

#include "tenon/graph.h"

namespace tenon {

// Notes where a handle was made. Cheap: made for every default-made handle.
Origin make_origin(const SourceLocation& where);

// Tells the names of a struct's Output and Operation fields in the order in which they are constructed: bases and
// earlier fields first. (The handles inside a Variable are fields of struct Variable.) Thread-safe.
void register_struct_fields(std::string type_name, std::vector<std::string> handle_field_names_in_construction_order);

// `field "accuracy" of struct Mnist is not bound to a graph (made at mnist.cc:12); bind it with from_graph or assign
// it`
std::string describe_unbound(const Origin& origin);

}  // namespace tenon
