// Object-based checkpoints: what tf.train.Checkpoint and Keras' save_weights write and restore.
//
//   // tf.train.Checkpoint(step=..., net=...).restore("train/ckpt-1").assert_consumed() takes this:
//   tenon::ObjectCheckpointWriter writer("train/ckpt-1");
//   writer.add("net/layers/0/kernel", kernel, "dense/kernel");
//   writer.add("step", tenon::Tensor(std::int64_t{1000}));
//   writer.add("save_counter", tenon::Tensor(std::int64_t{1}));
//   writer.finish();
//
//   const tenon::Checkpoint checkpoint("train/ckpt-1");           // checkpoint.h
//   checkpoint.read_object("net/layers/0/kernel");
//   checkpoint.objects().key("step");                             // "step/.ATTRIBUTES/VARIABLE_VALUE"
//   checkpoint.objects().find("net")->children[0].name;           // "layers"
//
// Such a checkpoint is one of the V2 format with a tensor more, in which the objects are described: each has named
// children (other objects: attributes of a Python object, items of a list or a dict), and an object that has values,
// as a variable has one, says under which keys they are stored. An optimizer's slot variables (momenta and the like)
// belong to two objects, the optimizer and the variable.
//
// Paths are the names of children from the root on, joined by "/". In a name "/" is written ".S" and "." is "..". A
// slot variable has the path "net/kernel/.OPTIMIZER_SLOT/optimizer/m": the variable, the optimizer, the slot's name.
//
// An ObjectGraph is a plain value; many threads may read one. A writer is for one thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenon/error.h"
#include "tenon/tensor.h"

namespace tenon {

class ObjectGraph {
 public:
  struct Child {
    std::string name;
    int object = 0;  // its number
  };
  struct Attribute {
    std::string name;       // "VARIABLE_VALUE"
    std::string full_name;  // what a name-based Saver calls the variable, "dense/kernel"; may be empty
    std::string key;        // of the tensor in the checkpoint; lookup tables have two, KEY-keys and KEY-values
  };
  struct Slot {
    std::string name;  // "m"
    int variable = 0;
    int slot_variable = 0;
  };
  struct Object {
    std::vector<Child> children;
    std::vector<Attribute> attributes;
    std::vector<Slot> slots;         // of an optimizer
    std::string saver, saver_name;   // an object that code of its own saves (a registered saver), else empty
    std::optional<bool> has_values;  // it or an object below it; older TensorFlow does not say
  };

  ObjectGraph() = default;
  // What was read. Throws InvalidArgument if there are no objects, or a number is none of theirs.
  explicit ObjectGraph(std::vector<Object> objects);

  // Numbered from 0, the root; breadth first as TensorFlow writes them, slot variables last.
  const std::vector<Object>& objects() const { return objects_; }

  // The object of a path, null if there is none. "" is the root.
  const Object* find(std::string_view path) const;
  // The key of its value: of its only attribute, or of VARIABLE_VALUE among several; for "path/.ATTRIBUTES/NAME" that
  // of the attribute named. Throws NotFound, with the nearest paths, for a path without an object or an object without
  // a value.
  const std::string& key(std::string_view path) const;
  // The shortest path from the root, as keys have it; nothing for an object that the root does not reach.
  std::optional<std::string> path(int object) const;
  // How many steps that is.
  int depth(int object) const;

  // The keys by the names that a name-based Saver uses. Names need not be unique ("kernel", twice).
  const std::map<std::string, std::vector<std::string>, std::less<>>& full_names() const { return full_names_; }

 private:
  // From where an object is reached first.
  struct Way {
    int from = -1;       // the parent or, for a slot variable, the variable; -1: not reached
    int optimizer = -1;  // of a slot variable
    int edge = 0;        // which of the parent's children, or of the optimizer's slots
    int depth = 0;
  };
  void find_ways();
  int number(std::string_view path) const;
  int child(int object, std::string_view name) const;
  std::string nearest(std::string_view path) const;

  std::vector<Object> objects_;
  std::vector<Way> ways_;
  std::map<std::string, std::vector<std::string>, std::less<>> full_names_;
};

// "a/b.c" -> "a.Sb..c": a name as it stands in a path.
std::string escape_object_name(std::string_view name);

// Writes a checkpoint of objects; the objects of a path are made as they are needed. Nothing is written before
// finish().
class ObjectCheckpointWriter {
 public:
  // As for a Saver: the name of the checkpoint. tf.train.Checkpoint.save calls them "P-1", "P-2", ..., and counts them
  // in a variable "save_counter" (int64), which it expects when it restores.
  explicit ObjectCheckpointWriter(std::string prefix);
  ~ObjectCheckpointWriter();
  ObjectCheckpointWriter(ObjectCheckpointWriter&&) noexcept;
  ObjectCheckpointWriter& operator=(ObjectCheckpointWriter&&) noexcept;

  // A variable of this path. `full_name` is what a name-based Saver calls it; without it, the last name of the path.
  // Other objects than variables have other attributes. Throws InvalidArgument for a path that is no path, an attribute
  // that the object has already, and a resource or a variant.
  void add(std::string_view path, const Tensor& value, std::optional<std::string> full_name = {},
           std::string_view attribute = "VARIABLE_VALUE");
  // A lookup table (tf.lookup.experimental.MutableHashTable): all keys, and as many values. Throws as add() does.
  void add_table(std::string_view path, const Tensor& keys, const Tensor& values);
  // An object that may have no value: an empty list, a layer without variables.
  void add_object(std::string_view path);
  // Another path to an object: shared layers, lists of what is listed elsewhere. Throws NotFound if there is no
  // `object`, InvalidArgument if there is one of this path.
  void add_alias(std::string_view path, std::string_view object);
  // A slot variable. Throws NotFound if the optimizer or the variable is not there yet, InvalidArgument if it has a
  // slot of this name for this variable.
  void add_slot(std::string_view optimizer, std::string_view slot, std::string_view variable, const Tensor& value,
                std::optional<std::string> full_name = {});

  // Writes the files, with the bytes that TensorFlow writes for the same objects. Files of that name are replaced; if
  // it fails, they stay and no other is left behind. Throws what the file system says, and FailedPrecondition if it was
  // called before.
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenon
