#include <tenon/tensor.h>

int main() { return tenon::Tensor({2}, {1.f, 2.f}).elements() == 2 ? 0 : 1; }
