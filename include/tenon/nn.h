// Neural-network operations, as tf.nn.
//
//   namespace nn = tenon::nn;
//   tenon::Output h = nn::relu(nn::bias_add(nn::conv2d(x, w, {1, 1, 1, 1}, "SAME"), b));
//   tenon::Output loss = tenon::reduce_mean(nn::softmax_cross_entropy_with_logits_v2({.labels = y, .logits = h}));
//
// Everything throws InvalidArgument for inputs of the wrong type or shape. See ops.h for names and threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenon/ops.h"

namespace tenon::nn {

Output relu(const Output& x, std::string_view name = {});
Output relu6(const Output& x, std::string_view name = {});
Output elu(const Output& x, std::string_view name = {});
Output selu(const Output& x, std::string_view name = {});
Output leaky_relu(const Output& x, float alpha = 0.2f, std::string_view name = {});
Output softplus(const Output& x, std::string_view name = {});
Output softsign(const Output& x, std::string_view name = {});
Output tanh(const Output& x, std::string_view name = {});
Output sigmoid(const Output& x, std::string_view name = {});
Output softmax(const Output& logits, std::string_view name = {});  // over the last dimension
Output log_softmax(const Output& logits, std::string_view name = {});

// strides and ksize have one number per dimension; padding is "SAME" or "VALID".
Output conv2d(const Output& x, const Output& filter, const std::vector<std::int64_t>& strides,
              const std::string& padding, std::string_view name = {});
Output max_pool(const Output& x, const std::vector<std::int64_t>& ksize, const std::vector<std::int64_t>& strides,
                const std::string& padding, std::string_view name = {});
Output avg_pool(const Output& x, const std::vector<std::int64_t>& ksize, const std::vector<std::int64_t>& strides,
                const std::string& padding, std::string_view name = {});
Output bias_add(const Output& x, const Output& bias, std::string_view name = {});
Output xw_plus_b(const Output& x, const Output& weights, const Output& biases, std::string_view name = {});
Output l2_loss(const Output& x, std::string_view name = {});

// Zeroes each element with probability `rate` and scales up the rest.
Output dropout(const Output& x, float rate, std::optional<std::int64_t> seed = {}, std::string_view name = {});

// Rows of `params`, as tf.nn.embedding_lookup of one table.
Output embedding_lookup(const Variable& params, const Output& ids, std::string_view name = {});

// The arguments by name, since they are easily mixed up.
struct LabelsAndLogits {
  Output labels;
  Output logits;
  std::string_view name = {};
};
Output softmax_cross_entropy_with_logits_v2(const LabelsAndLogits& arguments);
Output sparse_softmax_cross_entropy_with_logits(const LabelsAndLogits& arguments);
Output sigmoid_cross_entropy_with_logits(const LabelsAndLogits& arguments);

}  // namespace tenon::nn
