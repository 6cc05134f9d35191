// What tests of SavedModels share: the graph of the fixtures, and what it computes.
#pragma once

#include <string>

#include "tenon/ops.h"
#include "tenon/saved_model.h"

namespace tenon {

const std::string kFixtures = std::string(TENON_FIXTURES) + "/saved_model/";

const Tensor kImages({1, 2}, {1.f, 2.f});
const Tensor kScores({1, 2}, {6.5f, 29.f});  // of the fixtures' y = x * w + b

inline Tensor scores(Session& session, Graph& graph, const Signature& signature, const char* in, const char* out) {
  return session.run(graph.tensor(signature.outputs.at(out).name),
                     {{graph.tensor(signature.inputs.at(in).name), kImages}});
}

}  // namespace tenon
