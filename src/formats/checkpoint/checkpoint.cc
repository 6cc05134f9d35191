#include "tenon/checkpoint.h"

#include <mutex>

#include <fmt/format.h>

#include "formats/checkpoint/checkpoint_reader.h"
#include "formats/object_graph/object_graph_file.h"
#include "formats/object_graph/object_graph_proto.h"

namespace tenon {

struct Checkpoint::Impl {
  std::unique_ptr<CheckpointReader> reader;
  mutable std::once_flag read_objects;
  mutable std::unique_ptr<ObjectGraph> objects;
};

Checkpoint::Checkpoint(const std::string& path) {
  auto impl = std::make_shared<Impl>();
  impl->reader = CheckpointReader::open(path);
  impl_ = std::move(impl);
}

const std::string& Checkpoint::prefix() const { return impl_->reader->prefix(); }
const std::vector<std::string>& Checkpoint::keys() const { return impl_->reader->keys(); }
bool Checkpoint::has(std::string_view name) const { return impl_->reader->has(name); }
DType Checkpoint::dtype(std::string_view name) const { return impl_->reader->entry(name).dtype; }
Shape Checkpoint::shape(std::string_view name) const { return impl_->reader->entry(name).shape; }
int Checkpoint::slices(std::string_view name) const {
  return static_cast<int>(impl_->reader->entry(name).slices.size());
}
Tensor Checkpoint::read(std::string_view name) const { return impl_->reader->read(name); }

Tensor Checkpoint::read(std::string_view name, std::string_view shape_and_slice) const {
  const auto part = parse_shape_and_slice(shape_and_slice);
  return part ? impl_->reader->read(name, *part) : impl_->reader->read(name);
}

std::string Checkpoint::debug_string() const {
  std::string text;
  for (const std::string& name : keys()) {
    const CheckpointEntry entry = impl_->reader->entry(name);
    text += fmt::format("{} ({}) {}", name, dtype_enum_name(entry.dtype), entry.shape.to_string());
    if (!entry.slices.empty())
      text += fmt::format(", {} slice{}", entry.slices.size(), entry.slices.size() == 1 ? "" : "s");
    text += '\n';
  }
  return text;
}

bool Checkpoint::object_based() const { return has(kObjectGraphKey); }

const ObjectGraph& Checkpoint::objects() const {
  std::call_once(impl_->read_objects, [&] { impl_->objects = read_object_graph(*impl_->reader); });
  if (impl_->objects) return *impl_->objects;
  throw Error(Code::NotFound,
              fmt::format("{}: Checkpoint in {} not an object-based checkpoint: there is no tensor \"{}\"", prefix(),
                          prefix(), kObjectGraphKey));
}

Tensor Checkpoint::read_object(std::string_view path) const {
  const std::string& key = objects().key(path);
  if (has(key)) return read(key);
  std::vector<std::string> parts;
  for (const std::string& name : keys()) {
    if (name.starts_with(key)) parts.push_back(name);
  }
  if (parts.empty()) return read(key);  // says what is missing
  throw Error(Code::NotFound, fmt::format("{}: the object \"{}\" has several tensors; read one of them: {}", prefix(),
                                          path, fmt::join(parts, ", ")));
}

Checkpoint load_checkpoint(const std::string& path) { return Checkpoint(path); }

std::vector<CheckpointVariable> list_variables(const std::string& path) {
  const auto reader = CheckpointReader::open(path);
  std::vector<CheckpointVariable> variables;
  for (const std::string& name : reader->keys()) {
    const CheckpointEntry entry = reader->entry(name);
    variables.push_back({name, entry.dtype, entry.shape});
  }
  return variables;
}

Tensor load_variable(const std::string& path, std::string_view name) {
  if (name.ends_with(":0")) name.remove_suffix(2);
  return CheckpointReader::open(path)->read(name);
}

}  // namespace tenon
