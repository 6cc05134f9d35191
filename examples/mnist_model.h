// The MNIST example's graph: data, iterator, model. mnist.py is the same in TensorFlow 1; the two graphs are equal node
// for node.
#pragma once

#include <utility>
#include <vector>

#include "tenon/tenon.h"

namespace mnist {

namespace tn = tenon;
namespace nn = tenon::nn;
namespace data = tenon::data;
namespace layers = tenon::layers;
namespace train = tenon::train;

struct Mnist {  // a plain aggregate: no base class, no macro
  tn::Output x, y, forward_raw, accuracy, loss;
  tn::Operation train_step;
  float lr = 1e-3f;  // not a node: a binding leaves it out
};

inline std::pair<tn::Output, tn::Output> forward(tn::Output x) {
  x = layers::conv2d(x, 32, 5, {.padding = "same", .activation = nn::relu});
  x = layers::max_pooling2d(x, 2, 2);
  x = layers::dropout(x, .2f);
  x = layers::conv2d(x, 64, 5, {.padding = "same", .activation = nn::relu});
  x = layers::max_pooling2d(x, 2, 2);
  x = layers::dropout(x, .2f);
  x = layers::dense(layers::flatten(x), 512, {.activation = nn::relu});
  x = layers::dropout(x, .2f);
  return {layers::dense(x, 10), x};
}

inline Mnist make_model(const tn::Output& images, const tn::Output& labels) {
  Mnist m;
  m.x = tn::expand_dims(tn::cast(images, tn::float32), -1);
  m.y = tn::one_hot(labels, 10);
  auto [forward_raw, hidden] = forward(m.x);
  m.forward_raw = forward_raw;
  nn::softmax(hidden);
  tn::Output predicted = tn::argmax(m.forward_raw, -1), correct = tn::equal(predicted, tn::argmax(m.y, -1));
  m.accuracy = tn::reduce_mean(tn::cast(correct, tn::float32));
  m.loss = tn::reduce_mean(nn::softmax_cross_entropy_with_logits_v2({.labels = m.y, .logits = m.forward_raw}));
  m.train_step = train::AdamOptimizer(m.lr).minimize(m.loss);
  return m;
}

struct Program {  // the whole graph, its nodes made in this order
  tn::Graph& graph;
  tn::Output x = tn::placeholder(graph, tn::float32, {-1, 28, 28}), y = tn::placeholder(graph, tn::uint8, {-1});
  data::Dataset train = data::Dataset::from_tensor_slices({x, y}).batch(64).shuffle(10000).repeat();
  data::Dataset test = data::Dataset::from_tensor_slices({x, y}).batch(64).repeat();
  data::Iterator iterator = data::Iterator::from_structure(train);
  std::vector<tn::Output> next = iterator.get_next("iter_next");
  tn::Operation train_init = iterator.make_initializer(train), test_init = iterator.make_initializer(test);
  Mnist model = make_model(next[0], next[1]);
};

}  // namespace mnist
