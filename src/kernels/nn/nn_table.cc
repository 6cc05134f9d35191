#include <vector>

#include "kernels/nn/activations.h"
#include "kernels/nn/batch_norm.h"
#include "kernels/nn/bias.h"
#include "kernels/nn/conv2d.h"
#include "kernels/nn/l2_loss.h"
#include "kernels/nn/matmul.h"
#include "kernels/nn/nn_kernels.h"
#include "kernels/nn/pooling.h"
#include "kernels/nn/softmax.h"

namespace tenon {
namespace {

std::vector<KernelRow> make_rows() {
  std::vector<KernelRow> rows{
      {"AvgPool", make_avg_pool},
      {"AvgPoolGrad", make_avg_pool_grad, {0}},
      {"BatchMatMul", make_batch_matmul},
      {"BatchMatMulV2", make_batch_matmul},
      {"BiasAdd", make_bias_add},
      {"BiasAddGrad", make_bias_add_grad},
      {"BiasAddV1", make_bias_add},
      {"Conv2D", make_conv2d},
      {"Conv2DBackpropFilter", make_conv2d_backprop_filter, {1}},
      {"Conv2DBackpropInput", make_conv2d_backprop_input, {0}},
      {"DepthwiseConv2dNative", make_conv2d},
      {"DepthwiseConv2dNativeBackpropFilter", make_conv2d_backprop_filter, {1}},
      {"DepthwiseConv2dNativeBackpropInput", make_conv2d_backprop_input, {0}},
      {"FusedBatchNorm", make_batch_norm},
      {"FusedBatchNormGrad", make_batch_norm_grad},
      {"FusedBatchNormGradV2", make_batch_norm_grad},
      {"FusedBatchNormGradV3", make_batch_norm_grad},
      {"FusedBatchNormV2", make_batch_norm},
      {"FusedBatchNormV3", make_batch_norm},
      {"L2Loss", make_l2_loss},
      {"LogSoftmax", make_log_softmax},
      {"MatMul", make_matmul},
      {"MaxPool", make_max_pool},
      {"MaxPoolGrad", make_max_pool_grad},
      {"Softmax", make_softmax},
      {"SoftmaxCrossEntropyWithLogits", make_softmax_xent},
      {"SparseSoftmaxCrossEntropyWithLogits", make_sparse_softmax_xent},
  };
  const auto activations = activation_kernels();
  rows.insert(rows.end(), activations.begin(), activations.end());
  return rows;
}

}  // namespace

std::span<const KernelRow> nn_kernels() {
  static const std::vector<KernelRow> rows = make_rows();
  return rows;
}

}  // namespace tenon
