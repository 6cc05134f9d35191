#include <gtest/gtest.h>

#include "tenon/tenon.h"
#include "testing/temp_dir.h"

struct Tiny {
  tn::Output x, y;
  tn::Variable w;
};

namespace {

Tiny build(tn::Graph& graph) {
  Tiny model;
  model.x = tn::placeholder(graph, tn::float32, {-1}, "x");
  model.w = tn::variable(graph, tn::Tensor({1}, {3.f}), "w");
  model.y = model.x * model.w;
  return model;
}

TEST(Tiny, BuildsRunsSavesRestoresAndBinds) {
  tenon::TempDir folder;
  tn::Graph graph;
  const Tiny model = build(graph);
  tn::Session session(graph);
  session.run(graph.global_variables_initializer());
  EXPECT_TRUE(session.run(model.y, {{model.x, tn::Tensor({2}, {1.f, 2.f})}}).equals(tn::Tensor({2}, {3.f, 6.f})));
  tn::Saver(graph).save(session, folder / "model.ckpt");
  const std::string names = tn::to_graph(model).dump();

  tn::Graph restored;
  tn::Saver saver = tn::import_meta_graph(restored, folder / "model.ckpt.meta");
  tn::Session again(restored);
  saver.restore(again, folder / "model.ckpt");
  const auto bound = tn::from_graph<Tiny>(tn::Json::parse(names), restored);
  EXPECT_TRUE(again.run(bound.y, {{bound.x, tn::Tensor({1}, {5.f})}}).equals(tn::Tensor({1}, {15.f})));
}

}  // namespace
