#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "base/nearest_names.h"
#include "formats/bundle/bundle_writer.h"
#include "formats/object_graph/object_graph_proto.h"
#include "formats/object_graph/object_paths.h"

namespace tenon {
namespace {

// tf.train.experimental.PythonState: its values come after those of all other objects.
constexpr std::string_view kPythonState = "py_state";

// One attribute. Its tensors lie under its key with their endings, of which a variable has one, the empty.
struct Value {
  std::string attribute, full_name;
  std::vector<std::pair<std::string_view, Tensor>> tensors;
};

struct SlotValue {
  std::string slot;
  int variable = 0;
  Value value;
};

struct Item {
  std::vector<ObjectGraph::Child> children;
  std::vector<Value> values;
  std::vector<SlotValue> slots;
};

void check_storable(std::string_view path, const Tensor& tensor) {
  if (tensor.dtype() == DType::String || dtype_size(tensor.dtype()) != 0) return;
  throw Error(Code::InvalidArgument, fmt::format("\"{}\": a value of type {} cannot be saved in a checkpoint", path,
                                                 dtype_name(tensor.dtype())));
}

}  // namespace

struct ObjectCheckpointWriter::Impl {
  std::string prefix;
  std::vector<Item> items = std::vector<Item>(1);
  bool finished = false;

  Item& item(int number) { return items[static_cast<std::size_t>(number)]; }
  std::vector<std::string> names_of(std::string_view path) const;
  int child(int parent, const std::string& name) const;
  int find(std::string_view path) const;  // -1: none
  int existing(std::string_view path) const;
  int make(std::string_view path);
  void add(std::string_view path, Value value);
};

namespace {

// Puts the items in TensorFlow's order and describes them.
class Arrangement {
 public:
  explicit Arrangement(const std::vector<Item>& items) : items_(items) {
    number_items();
    for (const int item : order_) describe(item);
    add_slots();
    note_values();
    tensors_.insert(tensors_.end(), states_.begin(), states_.end());
  }

  const std::vector<ObjectGraph::Object>& objects() const { return objects_; }
  // The keys and values in the order of the data file.
  const std::vector<std::pair<std::string, Tensor>>& tensors() const { return tensors_; }

 private:
  std::size_t number(int item) const { return static_cast<std::size_t>(numbers_[static_cast<std::size_t>(item)]); }
  const Item& item(int number) const { return items_[static_cast<std::size_t>(number)]; }

  void number_items() {
    numbers_.assign(items_.size(), -1);
    paths_.emplace_back("");
    order_ = {0};
    numbers_[0] = 0;
    for (std::size_t i = 0; i < order_.size(); ++i) {
      for (const auto& child : item(order_[i]).children) {
        int& known = numbers_[static_cast<std::size_t>(child.object)];
        if (known >= 0) continue;
        known = static_cast<int>(order_.size());
        order_.push_back(child.object);
        const std::string name = escape_object_name(child.name);
        paths_.push_back(i == 0 ? name : paths_[i] + "/" + name);
      }
    }
  }

  void describe(int number_of_item) {
    const Item& item = this->item(number_of_item);
    ObjectGraph::Object object;
    for (const auto& child : item.children)
      object.children.push_back({child.name, static_cast<int>(number(child.object))});
    objects_.push_back(std::move(object));
    for (const Value& value : item.values) {
      add_value(objects_.back(), paths_[number(number_of_item)], value);
    }
  }

  void add_value(ObjectGraph::Object& object, const std::string& path, const Value& value) {
    const std::string key = attribute_key(path, value.attribute);
    object.attributes.push_back({value.attribute, value.full_name, key});
    for (const auto& [ending, tensor] : value.tensors) {
      (value.attribute == kPythonState ? states_ : tensors_).emplace_back(fmt::format("{}{}", key, ending), tensor);
    }
  }

  // For each optimizer, for each of its slots, the variables in the order of their numbers.
  void add_slots() {
    for (const int optimizer : order_) {
      std::vector<std::string> names;
      for (const SlotValue& value : item(optimizer).slots) {
        if (std::find(names.begin(), names.end(), value.slot) == names.end()) names.push_back(value.slot);
      }
      for (const std::string& name : names) add_slot(optimizer, name);
    }
  }

  void add_slot(int optimizer, const std::string& name) {
    std::vector<const SlotValue*> values;
    for (const SlotValue& value : item(optimizer).slots) {
      if (value.slot == name) values.push_back(&value);
    }
    std::sort(values.begin(), values.end(),
              [&](const SlotValue* a, const SlotValue* b) { return number(a->variable) < number(b->variable); });
    for (const SlotValue* value : values) {
      objects_[number(optimizer)].slots.push_back(
          {name, static_cast<int>(number(value->variable)), static_cast<int>(objects_.size())});
      objects_.emplace_back();
      add_value(objects_.back(), slot_path(paths_[number(value->variable)], paths_[number(optimizer)], name),
                value->value);
    }
  }

  // An object has values if it, or one that it reaches through children, has some.
  void note_values() {
    std::vector<std::vector<int>> parents(objects_.size());
    std::vector<int> open;
    for (std::size_t i = 0; i < objects_.size(); ++i) {
      for (const auto& child : objects_[i].children)
        parents[static_cast<std::size_t>(child.object)].push_back(static_cast<int>(i));
      objects_[i].has_values = !objects_[i].attributes.empty() || !objects_[i].slots.empty();
      if (*objects_[i].has_values) open.push_back(static_cast<int>(i));
    }
    while (!open.empty()) {
      const int at = open.back();
      open.pop_back();
      for (const int parent : parents[static_cast<std::size_t>(at)]) {
        auto& has = objects_[static_cast<std::size_t>(parent)].has_values;
        if (!*has) open.push_back(parent);
        has = true;
      }
    }
  }

  const std::vector<Item>& items_;
  std::vector<int> numbers_;  // of the items
  std::vector<int> order_;    // the items by number
  std::vector<std::string> paths_;
  std::vector<ObjectGraph::Object> objects_;
  std::vector<std::pair<std::string, Tensor>> tensors_, states_;
};

}  // namespace

std::vector<std::string> ObjectCheckpointWriter::Impl::names_of(std::string_view path) const {
  auto names = object_path_names(path);
  const bool empty_name = names && std::find(names->begin(), names->end(), "") != names->end();
  if (names && !empty_name) return *std::move(names);
  throw Error(
      Code::InvalidArgument,
      fmt::format("\"{}\" is no path of an object: names are joined by single \"/\"; within a name \"/\" is written "
                  "\".S\" and \".\" is \"..\"",
                  path));
}

int ObjectCheckpointWriter::Impl::child(int parent, const std::string& name) const {
  for (const auto& child : items[static_cast<std::size_t>(parent)].children) {
    if (child.name == name) return child.object;
  }
  return -1;
}

int ObjectCheckpointWriter::Impl::find(std::string_view path) const {
  int at = 0;
  for (const std::string& name : names_of(path)) {
    if ((at = child(at, name)) < 0) return -1;
  }
  return at;
}

int ObjectCheckpointWriter::Impl::existing(std::string_view path) const {
  const int found = find(path);
  if (found >= 0) return found;
  throw Error(Code::NotFound, fmt::format("there is no object \"{}\" yet", path));
}

int ObjectCheckpointWriter::Impl::make(std::string_view path) {
  int at = 0;
  for (std::string& name : names_of(path)) {
    int next = child(at, name);
    if (next < 0) {
      next = static_cast<int>(items.size());
      items.emplace_back();
      item(at).children.push_back({std::move(name), next});
    }
    at = next;
  }
  return at;
}

void ObjectCheckpointWriter::Impl::add(std::string_view path, Value value) {
  std::vector<Value>& values = item(make(path)).values;
  for (const Value& known : values) {
    if (known.attribute == value.attribute) {
      throw Error(Code::InvalidArgument,
                  fmt::format("the object \"{}\" has a value {} already", path, value.attribute));
    }
  }
  values.push_back(std::move(value));
}

ObjectCheckpointWriter::ObjectCheckpointWriter(std::string prefix) : impl_(std::make_unique<Impl>()) {
  impl_->prefix = std::move(prefix);
}
ObjectCheckpointWriter::~ObjectCheckpointWriter() = default;
ObjectCheckpointWriter::ObjectCheckpointWriter(ObjectCheckpointWriter&&) noexcept = default;
ObjectCheckpointWriter& ObjectCheckpointWriter::operator=(ObjectCheckpointWriter&&) noexcept = default;

void ObjectCheckpointWriter::add(std::string_view path, const Tensor& value, std::optional<std::string> full_name,
                                 std::string_view attribute) {
  check_storable(path, value);
  if (!full_name) {
    const auto names = impl_->names_of(path);
    full_name = attribute == kVariableValue && !names.empty() ? names.back() : "";
  }
  impl_->add(path, {std::string(attribute), *std::move(full_name), {{"", value}}});
}

void ObjectCheckpointWriter::add_table(std::string_view path, const Tensor& keys, const Tensor& values) {
  check_storable(path, keys);
  check_storable(path, values);
  if (keys.rank() != 1 || values.rank() == 0 || values.shape()[0] != keys.shape()[0]) {
    throw Error(Code::InvalidArgument, fmt::format("the table \"{}\": keys of shape {} for values of shape {}", path,
                                                   keys.shape().to_string(), values.shape().to_string()));
  }
  impl_->add(path, {"table", "", {{"-keys", keys}, {"-values", values}}});
}

void ObjectCheckpointWriter::add_object(std::string_view path) { impl_->make(path); }

void ObjectCheckpointWriter::add_alias(std::string_view path, std::string_view object) {
  const int target = impl_->existing(object);
  std::vector<std::string> names = impl_->names_of(path);
  if (impl_->find(path) >= 0)
    throw Error(Code::InvalidArgument, fmt::format("there is an object \"{}\" already", path));
  const std::size_t last = path.rfind('/');
  const int parent = impl_->make(last == std::string_view::npos ? "" : path.substr(0, last));
  impl_->item(parent).children.push_back({std::move(names.back()), target});
}

void ObjectCheckpointWriter::add_slot(std::string_view optimizer, std::string_view slot, std::string_view variable,
                                      const Tensor& value, std::optional<std::string> full_name) {
  check_storable(variable, value);
  const int of = impl_->existing(variable);
  std::vector<SlotValue>& slots = impl_->item(impl_->existing(optimizer)).slots;
  for (const SlotValue& known : slots) {
    if (known.slot == slot && known.variable == of) {
      throw Error(Code::InvalidArgument,
                  fmt::format("the optimizer \"{}\" has a slot \"{}\" for \"{}\" already", optimizer, slot, variable));
    }
  }
  slots.push_back(
      {std::string(slot), of, {std::string(kVariableValue), full_name.value_or(std::string(slot)), {{"", value}}}});
}

void ObjectCheckpointWriter::finish() {
  if (impl_->finished) throw Error(Code::FailedPrecondition, fmt::format("{} was written already", impl_->prefix));
  const Arrangement arrangement(impl_->items);
  BundleWriter writer(impl_->prefix);
  for (const auto& [key, tensor] : arrangement.tensors()) writer.add(key, tensor);
  writer.add(kObjectGraphKey, Tensor(object_graph_bytes(arrangement.objects())));
  writer.finish();
  impl_->finished = true;
}

}  // namespace tenon
