// Checkpoint: the tensors in the files of a checkpoint, read without a graph, as tf.train.load_checkpoint.
//
//   #include <iostream>
//
//   #include "tenon/checkpoint.h"
//
//   int main(int count, char** arguments) try {
//     if (count != 2) throw tenon::Error(tenon::Code::InvalidArgument, "usage: read_checkpoint CHECKPOINT");
//     const tenon::Checkpoint checkpoint = tenon::load_checkpoint(arguments[1]);
//     for (const std::string& name : checkpoint.keys()) {
//       const std::string shape = checkpoint.shape(name).to_string();
//       std::cout << name << ' ' << tenon::dtype_name(checkpoint.dtype(name)) << shape << '\n';
//     }
//     if (checkpoint.has("global_step")) std::cout << checkpoint.read("global_step").to_string() << '\n';
//   } catch (const tenon::Error& error) {
//     std::cerr << error.what() << '\n';
//     return 1;
//   }
//
// It takes only libtenon_formats (tenon::formats in CMake). Both formats are read, V2 ("tensor bundles") and V1.
//
// Everything that is read is checked: size, type and checksum. A Checkpoint keeps the files open that it has opened, so
// that it goes on to see the same values when somebody overwrites or deletes them. Many threads may use one; copies
// share the files.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tenon/dtype.h"
#include "tenon/error.h"
#include "tenon/shape.h"
#include "tenon/tensor.h"

namespace tenon {

class ObjectGraph;  // object_checkpoint.h

class Checkpoint {
 public:
  // A checkpoint's name ("model.ckpt-1000"), any of its files, or a folder with a state file, of which the newest
  // checkpoint is taken. Throws NotFound if there is none, with what there is instead; DataLoss for a damaged one;
  // InvalidArgument for one that only newer programs may read.
  explicit Checkpoint(const std::string& path);

  const std::string& prefix() const;  // its name, as Saver::restore takes it

  // The names of the tensors, sorted by their bytes. Pieces of partitioned variables are not among them; the whole is.
  const std::vector<std::string>& keys() const;
  bool has(std::string_view name) const;

  // These throw NotFound for a name that is not there, with the nearest ones.
  DType dtype(std::string_view name) const;
  Shape shape(std::string_view name) const;
  int slices(std::string_view name) const;  // in how many pieces it is stored; 0: as a whole

  // The values; pieces are put together. Throws NotFound for a name or a data file that is not there, OutOfRange for a
  // file that was cut short, DataLoss for a damaged one, InvalidArgument if the stored pieces do not cover the tensor.
  Tensor read(std::string_view name) const;
  // A part, as RestoreV2 takes it: "10 2 0,4:-" is rows 0 to 3 of a tensor of shape [10,2]; "" is all of it. Throws
  // InvalidArgument if that is no part of the tensor.
  Tensor read(std::string_view name, std::string_view shape_and_slice) const;

  // "name (DT_FLOAT) [2,3]" for each tensor, with ", 2 slices" for one in pieces; a line each.
  std::string debug_string() const;

  // What tf.train.Checkpoint and Keras' save_weights write is object-based: its keys are paths through objects
  // ("model/layer-1/kernel/.ATTRIBUTES/VARIABLE_VALUE"), and the objects are in it too.
  bool object_based() const;
  // Throws NotFound if it is not object-based, DataLoss if the objects are damaged. Lives as long as the Checkpoint.
  const ObjectGraph& objects() const;
  // The value of the object of this path ("model/layer-1/kernel"). Throws what objects(), ObjectGraph::key() and read()
  // do.
  Tensor read_object(std::string_view path) const;

 private:
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

// The same as the constructor.
Checkpoint load_checkpoint(const std::string& path);

// What is in a checkpoint, sorted by name: tf.train.list_variables. Throws what Checkpoint's constructor does.
struct CheckpointVariable {
  std::string name;
  DType dtype = DType::Invalid;
  Shape shape;
};
std::vector<CheckpointVariable> list_variables(const std::string& path);

// One tensor: tf.train.load_variable. "v:0" is taken for "v". Throws what the constructor and read() do.
Tensor load_variable(const std::string& path, std::string_view name);

}  // namespace tenon
