// Whether a message that could be parsed is one that somebody meant: many bytes are a protobuf of any type.
#pragma once

namespace tenon {

namespace proto {
class GraphDef;
class MetaGraphDef;
class SavedModel;
}  // namespace proto

bool is_meta_graph(const proto::MetaGraphDef& meta);
// `more_nodes`: the graph has nodes that are not in the message.
bool is_graph_def(const proto::GraphDef& graph, bool more_nodes = false);
bool is_saved_model(const proto::SavedModel& saved_model);

}  // namespace tenon
