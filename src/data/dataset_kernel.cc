#include "data/dataset_kernel.h"

namespace tenon {

ElementSpec element_spec(const Node& node, std::string_view types) {
  return {node.attr<std::vector<DType>>(types), node.attr<std::vector<PartialShape>>("output_shapes")};
}

DatasetPointer dataset_input(RunContext& context, int i) { return context.object<Dataset>(i).shared_from_this(); }

std::int64_t int64_input(RunContext& context, int i) { return context.input(i).scalar<std::int64_t>(); }

void DatasetKernel::run(RunContext& context) {
  context.set_output(0, Tensor::object(DType::Variant, std::const_pointer_cast<Dataset>(make_(context))));
}

}  // namespace tenon
