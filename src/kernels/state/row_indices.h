// Indices of rows, as scatters, gathers and sparse updates take them.
#pragma once

#include <vector>

#include "kernels/kernel.h"

namespace tenon {

// All indices as numbers in `rows`; InvalidArgument "indices[1,0] = 5 is not in [0, 5)" for the first that is none of
// `limit` rows.
void read_row_indices(const RunContext& context, const Tensor& indices, std::int64_t limit,
                      std::vector<std::int64_t>& rows);

}  // namespace tenon
