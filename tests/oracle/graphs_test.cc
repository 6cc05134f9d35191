// Small graphs, node for node as tools/oracle/graphs.py made them with TensorFlow.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "oracle/graph_compare.h"
#include "tenon/dataset.h"
#include "tenon/initializers.h"
#include "tenon/layers.h"
#include "tenon/nn.h"
#include "tenon/ops.h"
#include "tenon/train.h"

namespace tenon {
namespace {

using ::testing::IsEmpty;
using train::gradients;

void expect_same(const std::string& name, const std::function<void(Graph&)>& build) {
  Graph graph;
  build(graph);
  EXPECT_THAT(testing::differences(testing::exported(graph), testing::read_graph_def("graphs/" + name + ".pb")),
              IsEmpty());
}

// The same, with `more` operations of ours after TensorFlow's.
void expect_same_start(const std::string& name, int more, const std::function<void(Graph&)>& build) {
  Graph graph;
  build(graph);
  const proto::GraphDef theirs = testing::read_graph_def("graphs/" + name + ".pb");
  EXPECT_THAT(testing::differences(testing::exported(graph), theirs, theirs.node_size()), IsEmpty());
  EXPECT_EQ(graph.num_operations(), theirs.node_size() + more);
}

Output input(Graph& graph, const PartialShape& shape) { return placeholder(graph, float32, shape); }

TEST(Graphs, GradientsOfFunctionsOfOneValue) {
  expect_same("unary_gradients", [](Graph& graph) {
    const Output x = input(graph, {-1, 3});
    using Function = Output (*)(const Output&, std::string_view);
    for (Function f : {Function(negative), Function(tenon::abs), Function(square), Function(tenon::sqrt),
                       Function(rsqrt), Function(reciprocal), Function(tenon::exp), Function(tenon::expm1),
                       Function(tenon::log), Function(tenon::log1p), Function(tenon::tanh), Function(sigmoid),
                       Function(tenon::erf), Function(tenon::sin), Function(tenon::cos), Function(sign),
                       Function(tenon::floor), Function(identity), Function(nn::relu), Function(nn::relu6),
                       Function(nn::elu), Function(nn::selu)})
      gradients({f(x, {})}, {x});
    gradients({nn::leaky_relu(x)}, {x});
    for (Function f : {Function(nn::softplus), Function(nn::softsign), Function(nn::softmax),
                       Function(nn::log_softmax), Function(nn::l2_loss)})
      gradients({f(x, {})}, {x});
    gradients({cast(x, float64)}, {x});
  });
}

TEST(Graphs, GradientsOfFunctionsOfTwoValues) {
  expect_same("binary_gradients", [](Graph& graph) {
    const Output a = input(graph, {-1, 3}), b = input(graph, {3}), c = input(graph, {2, 3}), d = input(graph, {2, 3});
    using Function = Output (*)(const Operand&, const Operand&, std::string_view);
    for (Function f : {add, subtract, multiply, truediv, div, Function(tenon::pow), maximum, minimum,
                       squared_difference}) {
      gradients({f(a, b, {})}, {a, b});
      gradients({f(c, d, {})}, {c, d});
    }
    {
      const Output left = a * 2.f + 1.f;
      gradients({left - a / 4.f}, {a});
    }
    {
      const Output left = 2.f * a, top = 1.f - a;
      gradients({left + top / (4.f / a)}, {a});
    }
    gradients({where(less(c, d), c, d)}, {c, d});
    gradients({add_n({c, d, c})}, {c, d});
  });
}

TEST(Graphs, GradientsOfReductions) {
  expect_same("reduction_gradients", [](Graph& graph) {
    const Output a = input(graph, {-1, 3}), b = input(graph, {2, 3}), c = input(graph, {});
    for (auto f : {reduce_sum, reduce_mean, reduce_max, reduce_min}) {
      gradients({f(a, {}, false, {})}, {a});
      gradients({f(a, 1, false, {})}, {a});
      gradients({f(b, {0}, false, {})}, {b});
      gradients({f(b, {0}, true, {})}, {b});
      gradients({f(a, {-1}, true, {})}, {a});
    }
    gradients({reduce_sum(c)}, {c});
    reduce_prod(b, 1);
    reduce_any(greater(b, 0.f), 1);
    reduce_all(greater(b, 0.f));
    argmin(b, 1);
  });
}

TEST(Graphs, GradientsOfMatrixProducts) {
  expect_same("matmul_gradients", [](Graph& graph) {
    const Output a = input(graph, {-1, 3}), b = input(graph, {3, 2}), c = input(graph, {4, 5, 6}),
                 d = input(graph, {4, 6, 7});
    gradients({matmul(a, b)}, {a, b});
    gradients({matmul(b, a, {.transpose_a = true, .transpose_b = true})}, {a, b});
    gradients({matmul(a, b, {.name = "named"})}, {b});
    gradients({matmul(c, d)}, {c, d});
    gradients({matmul(d, c, {.transpose_a = true, .transpose_b = true})}, {c, d});
  });
}

TEST(Graphs, GradientsOfArrayOperations) {
  expect_same("array_gradients", [](Graph& graph) {
    const Output a = input(graph, {-1, 3}), b = input(graph, {2, 3}), c = input(graph, {2, 3});
    gradients({reshape(a, {3, -1})}, {a});
    gradients({reshape(b, {6})}, {b});
    gradients({expand_dims(a, 1)}, {a});
    gradients({squeeze(expand_dims(a, 1), {1})}, {a});
    gradients({transpose(a)}, {a});
    gradients({transpose(b, {1, 0})}, {b});
    gradients({concat({b, c}, 1)}, {b, c});
    gradients({concat({a, b}, 0)}, {a, b});
    gradients({stack({b, c}, 1)}, {b, c});
    gradients(unstack(b, 2), {b});
    gradients(split(b, 3, 1), {b});
    gradients({slice(a, {0, 1}, {1, 2})}, {a});
    gradients({tile(b, {2, 1})}, {b});
    gradients({pad(b, Tensor({2, 2}, {1, 0, 0, 2}))}, {b});
    gradients({broadcast_to(b, {5, 2, 3})}, {b});
    gradients({stop_gradient(a) * a}, {a});
    zeros(graph, {3});
    ones(graph, {2000});
    zeros_like(a);
    ones_like(a);
    zeros_like(b);
    ones_like(b);
    shape(a);
    size(a);
    rank(a);
    shape(b);
    size(b);
    range(graph, 3, 10, 2);
    one_hot(constant(graph, Tensor({2}, {1, 2})), 4);
  });
}

TEST(Graphs, GradientsOfNeuralNetworkOperations) {
  expect_same("nn_gradients", [](Graph& graph) {
    const Output x = input(graph, {-1, 8, 8, 3}), w = input(graph, {3, 3, 3, 4}), b = input(graph, {4});
    const Output y = nn::bias_add(nn::conv2d(x, w, {1, 2, 2, 1}, "SAME"), b);
    gradients({nn::max_pool(y, {1, 2, 2, 1}, {1, 2, 2, 1}, "VALID")}, {x, w, b});
    gradients({nn::avg_pool(y, {1, 2, 2, 1}, {1, 1, 1, 1}, "SAME")}, {x, w, b});
    const Output logits = input(graph, {-1, 5}), labels = input(graph, {-1, 5});
    const Output ids = placeholder(graph, int32, {-1});
    gradients({nn::softmax_cross_entropy_with_logits_v2({.labels = labels, .logits = logits})}, {logits, labels});
    gradients({nn::sparse_softmax_cross_entropy_with_logits({.labels = ids, .logits = logits})}, {logits});
    gradients({nn::sigmoid_cross_entropy_with_logits({.labels = labels, .logits = logits})}, {logits, labels});
    gradients({nn::dropout(logits, .25f, 7)}, {logits});
  });
}

// tf.gather(v, [0, 2]): the list becomes a constant inside the operation's name scope.
Output rows(const Variable& v, const std::vector<std::int32_t>& indices) { return gather(v, Tensor(indices)); }

// tf.gradients gives IndexedSlices for the last variable; ours gives a tensor, which takes five operations more.
TEST(Graphs, GradientsThatMeetAreAddedAndRowsStayRows) {
  expect_same_start("gradients_of_a_dag", 5, [](Graph& graph) {
    const Output x = input(graph, {2, 3});
    const Variable v = get_variable(graph, "v", {3, 3}), w = get_variable(graph, "w", {3});
    const Output h = tenon::tanh(matmul(x, v) + w);
    const Output first = h * sigmoid(h);
    const Output sum = first + matmul(h, v);
    const Output y = sum - rows(v, {0, 2});
    gradients({y}, {v, w, x});
    gradients({y, square(h)}, {v}, {.grad_ys = {h, h}, .stop_gradients = {h}, .name = "again"});
    const Output left = rows(v, {0, 1});
    gradients({reduce_sum(left * rows(v, {1, 1}))}, {v});
  });
}

TEST(Graphs, OptimizersMakeTensorFlowsSlotsAndUpdates) {
  expect_same("optimizers", [](Graph& graph) {
    const Output x = input(graph, {-1, 3}), ids = placeholder(graph, int64, {-1});
    const Variable step = variable(graph, Tensor(0), "step", false);
    std::vector<std::unique_ptr<train::Optimizer>> makers;
    makers.push_back(std::make_unique<train::GradientDescentOptimizer>(.1f));
    makers.push_back(std::make_unique<train::MomentumOptimizer>(.1f, .9f));
    makers.push_back(
        std::make_unique<train::MomentumOptimizer>(.1f, .9f, train::MomentumOptions{.use_nesterov = true}));
    makers.push_back(std::make_unique<train::AdagradOptimizer>(.1f));
    makers.push_back(std::make_unique<train::RMSPropOptimizer>(.1f));
    makers.push_back(std::make_unique<train::RMSPropOptimizer>(.1f, train::RMSPropOptions{.centered = true}));
    makers.push_back(std::make_unique<train::AdamOptimizer>(.1f));
    for (std::size_t i = 0; i < makers.size(); ++i) {
      const Variable w = get_variable(graph, "w" + std::to_string(i), {3, 400});
      const Variable e = get_variable(graph, "e" + std::to_string(i), {7, 3});
      const Output loss = reduce_mean(square(matmul(x + gather(e, ids), w)));
      train::MinimizeOptions options{.var_list = {w, e}};
      if (i % 2) options.global_step = step;
      makers[i]->minimize(loss, options);
    }
  });
}

// proves: S7.22
TEST(Graphs, LayersVariablesAndScopesAreNamedAsInTensorFlow) {
  expect_same("layers_and_scopes", [](Graph& graph) {
    Output h = placeholder(graph, float32, {-1, 12, 12, 3}, "images");
    {
      auto outer = graph.name_scope("outer");
      h = layers::conv2d(h, 4, 3, {.activation = nn::relu});
      h = layers::conv2d(h, 4, {3, 1}, {.strides = {2, 1}, .padding = "same", .use_bias = false, .name = "named"});
      h = layers::average_pooling2d(h, 2, 1);
    }
    {
      auto tower = variable_scope(graph, "tower");
      h = layers::max_pooling2d(h, 2, 2);
      h = layers::dense(layers::flatten(h), 6, {.activation = nn::tanh});
      Variable v;
      {
        auto inner = variable_scope(graph, "inner");
        v = get_variable(graph, "v", {6}, {.initializer = ones_initializer()});
        get_variable(graph, "c", {2, 2}, {.initializer = constant_initializer(3.f)});
        get_variable(graph, "t", {2, 2}, {.initializer = truncated_normal_initializer(0.f, .1f, 3)});
        get_variable(graph, "n", {2}, {.initializer = random_normal_initializer()});
        get_variable(graph, "i", {2}, {.dtype = int32});
      }
      h = h + v;
    }
    {
      auto tower = variable_scope(graph, "tower", {.reuse = true});
      auto inner = variable_scope(graph, "inner");
      h = h * get_variable(graph, "v", {6});
    }
    {
      auto shared = variable_scope(graph, "shared", {.auto_reuse = true});
      layers::dense(h, 2, {.name = "d"});
      layers::dense(h, 2, {.name = "d"});
    }
    const Variable a = variable(constant(graph, Tensor({1}, {1.f})), "a");
    const Variable b = variable(graph, Tensor(2.f), "a");
    const Output doubled = assign(a, a * 2.f);
    Output c;
    {
      auto after = graph.control_dependencies({doubled.op(), assign_add(b, 1.f).op()});
      c = identity(b);
      identity(c);
    }
    group({assign_sub(b, 1.f).op(), c.op()});
    graph.global_variables_initializer();
  });
}

TEST(Graphs, DatasetsAndIterators) {
  expect_same("datasets", [](Graph& graph) {
    const Output x = input(graph, {-1, 3}), y = placeholder(graph, int64, {-1});
    auto slices = data::Dataset::from_tensor_slices({x, y}).shuffle(5, 3).batch(4, true).repeat(2).prefetch(1);
    data::make_initializable_iterator(slices).get_next();
    auto whole = data::Dataset::from_tensors({x}).skip(1).take(3);
    auto iterator = data::Iterator::from_structure(whole);
    iterator.get_next("named");
    iterator.make_initializer(whole, "start");
  });
}

TEST(Graphs, RandomNumbersAndTheirSeeds) {
  expect_same("randoms", [](Graph& graph) {
    random_uniform(graph, {2, 3});
    random_uniform(graph, {2, 3}, -1.f, 1.f);
    random_uniform(graph, {4}, 0, 100, int32, 3);
    graph.set_random_seed(42);
    random_normal(graph, {2}, 0.f, .5f);
    truncated_normal(graph, {2}, 0.f, 1.f, float32, 5);
    random_uniform(graph, {2, 3}, 0, 2);
  });
}

}  // namespace
}  // namespace tenon
