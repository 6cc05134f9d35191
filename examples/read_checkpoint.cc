// Lists the tensors of a checkpoint, with the formats library alone: read_checkpoint CHECKPOINT
#include <iostream>

#include "tenon/checkpoint.h"

int main(int count, char** arguments) try {
  if (count != 2) throw tenon::Error(tenon::Code::InvalidArgument, "usage: read_checkpoint CHECKPOINT");
  const tenon::Checkpoint checkpoint = tenon::load_checkpoint(arguments[1]);
  for (const std::string& name : checkpoint.keys()) {
    const std::string shape = checkpoint.shape(name).to_string();
    std::cout << name << ' ' << tenon::dtype_name(checkpoint.dtype(name)) << shape << '\n';
  }
  if (checkpoint.has("global_step")) std::cout << checkpoint.read("global_step").to_string() << '\n';
} catch (const tenon::Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
