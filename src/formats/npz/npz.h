// NumPy's archives and arrays.
//
//   std::map<std::string, Tensor> feeds = read_npz("feeds.npz");      // member "x:0.npy" is "x:0"
//   write_npz("out.npz", {{"loss:0", loss}});                         // as numpy.savez does
//
// .npz: a zip file (members stored or deflated) of .npy files:
//   93 "NUMPY", version 1..3, 0, header length (u16 in version 1, else u32),
//   header: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } and spaces up to a newline,
//   elements
// Types: b1, i1-i8, u1-u8, f2, f4, f8, c8, c16 in both byte orders; S (bytes of a fixed width, zeros at the end cut
// off) and U (text, given as UTF-8) become strings. V2 is bfloat16, as NumPy stores that. Python objects are refused:
// they are programs. What is written: S for strings, i1 to i4 and u1, u2 for the quantised types.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/files.h"
#include "tenon/tensor.h"

namespace tenon {

// Throw the errors of base/files.h, DataLoss for damage (the checksum of each member is verified), Unimplemented for
// types that a tensor cannot have. `name` stands for the file in errors.
std::map<std::string, Tensor> read_npz(const std::string& path);
std::map<std::string, Tensor> parse_npz(std::string_view bytes, const std::string& name);
Tensor read_npy(const std::string& path);
Tensor parse_npy(std::string_view bytes, const std::string& name);

// Throw InvalidArgument for strings that end with a zero byte (the format cannot hold them), Unimplemented for
// resource and variant tensors.
void write_npz(const std::string& path, const std::map<std::string, Tensor>& arrays,
               AtomicFile::Sync sync = AtomicFile::Sync::No);
std::string npz_bytes(const std::map<std::string, Tensor>& arrays);
std::string npy_bytes(const Tensor& tensor, const std::string& name);

}  // namespace tenon
