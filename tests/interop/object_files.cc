// Object-based checkpoints, for the interop suite.
//
// usage: object_files write PREFIX           the objects of eager.py's Net, with values of our own
//        object_files keras PREFIX           the weights of eager.py's Keras model
//        object_files copy SOURCE PREFIX     what TensorFlow wrote, built again from its paths
#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "testing/copy_objects.h"

namespace {

using tenon::Tensor;

Tensor numbers(const tenon::Shape& shape, float first) {
  Tensor tensor(tenon::float32, shape);
  for (std::int64_t i = 0; i < tensor.elements(); ++i) tensor.at<float>(i) = first + static_cast<float>(i);
  return tensor;
}

void write_net(const std::vector<std::string>& arguments) {
  tenon::ObjectCheckpointWriter writer(arguments[0]);
  writer.add("net/layers/0/w", numbers({2, 2}, 10), "first/w");
  writer.add("net/layers/0/b", numbers({2}, 20), "first/b");
  writer.add("net/layers/1/w", numbers({3, 2}, 30), "second/w");
  writer.add("net/layers/1/b", numbers({2}, 40), "second/b");
  writer.add("net/odd/a.Sb..c", Tensor(-5), "odd");
  writer.add_object("net/empty");
  writer.add_alias("net/shared", "net/layers/0");
  writer.add("net/counter", Tensor("counted to 9"), {}, "py_state");
  writer.add("net/text", Tensor({3}, {"", "b", "cc"}), "text");
  writer.add_table("net/table", Tensor({2}, {"x", "y"}), Tensor({2}, {std::int64_t{3}, std::int64_t{4}}));
  writer.add("step", Tensor(std::int64_t{1234}), "step");
  writer.add_object("optimizer");
  writer.add("optimizer/iter", Tensor(std::int64_t{1}), "Adam/iter");
  writer.add("optimizer/beta_1", Tensor(.5f), "Adam/beta_1");
  writer.add("optimizer/beta_2", Tensor(.25f), "Adam/beta_2");
  writer.add("optimizer/decay", Tensor(0.f), "Adam/decay");
  writer.add("optimizer/learning_rate", Tensor(.125f), "Adam/learning_rate");
  for (const char* slot : {"m", "v"}) {
    const float first = *slot == 'm' ? 50.f : 60.f;
    writer.add_slot("optimizer", slot, "net/layers/0/w", numbers({2, 2}, first), std::string("Adam/first/w/") + slot);
    writer.add_slot("optimizer", slot, "net/layers/0/b", numbers({2}, first), std::string("Adam/first/b/") + slot);
  }
  writer.add("save_counter", Tensor(std::int64_t{1}), "save_counter");
  writer.finish();
}

void write_weights(const std::vector<std::string>& arguments) {
  tenon::ObjectCheckpointWriter writer(arguments[0]);
  writer.add("layer_with_weights-0/kernel", numbers({3, 2}, 1), "hidden/kernel");
  writer.add("layer_with_weights-0/bias", numbers({2}, 2), "hidden/bias");
  writer.add("layer_with_weights-1/kernel", numbers({2, 1}, 3), "out/kernel");
  writer.add("layer_with_weights-1/bias", numbers({1}, 4), "out/bias");
  writer.finish();
}

void write_again(const std::vector<std::string>& arguments) {
  tenon::copy_objects(tenon::Checkpoint(arguments[0]), arguments[1]);
}

}  // namespace

int main(int count, char** arguments) try {
  const std::map<std::string, std::pair<std::size_t, std::function<void(const std::vector<std::string>&)>>> commands = {
      {"write", {1, write_net}}, {"keras", {1, write_weights}}, {"copy", {2, write_again}}};
  const std::vector<std::string> all(arguments + 1, arguments + count);
  const auto command = all.empty() ? commands.end() : commands.find(all[0]);
  if (command == commands.end() || command->second.first != all.size() - 1) {
    std::fputs("usage: object_files write|keras PREFIX, or copy SOURCE PREFIX\n", stderr);
    return 2;
  }
  command->second.second({all.begin() + 1, all.end()});
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
