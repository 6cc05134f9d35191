// The variables that the collections of a MetaGraphDef describe.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "graph/import_graph.h"
#include "graph/import_meta_graph.h"
#include "meta_graph.pb.h"

namespace tenon {

struct ReadVariables {
  std::map<std::string, std::vector<Variable>> by_collection;
  // Those that say more than a Variable can, under the names of the file.
  std::vector<proto::VariableDef> special;
};

// The variables of the collections that `chosen` picks, among the nodes that `find` finds. Throws InvalidArgument for
// what is no VariableDef and for names of nodes that are not there.
ReadVariables read_variables(const GraphFile& file, const FindNode& find, const ChooseCollection& chosen);

// What the bytes of a VariableDef have as its name.
std::string_view variable_name_in(std::string_view variable_def);

}  // namespace tenon
