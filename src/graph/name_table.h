// From names to numbers, for graphs of very many nodes: a hash table that keeps no copy of the names.
//
//   NameTable table;
//   const auto name_of = [&](int i) -> std::string_view { return nodes[i].name; };
//   table.insert(nodes[3].name, 3, name_of);         // false if the name is there already
//   table.find("x", name_of);                        // 3, or -1
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace tenon {

class NameTable {
 public:
  void reserve(std::size_t count) {
    if (4 * count > 3 * slots_.size()) grow(count + count / 2);
  }

  template <typename NameOf>
  int find(std::string_view name, const NameOf& name_of) const {
    if (slots_.empty()) return -1;
    const std::uint32_t hash = hash_of(name);
    for (std::size_t at = hash & mask();; at = (at + 1) & mask()) {
      const Slot& slot = slots_[at];
      if (slot.number < 0) return -1;
      if (slot.hash == hash && name_of(slot.number) == name) return slot.number;
    }
  }

  template <typename NameOf>
  bool insert(std::string_view name, int number, const NameOf& name_of) {
    return insert(hash_of(name), name, number, name_of);
  }

  // The same in parts: who inserts many names finds their hashes and the places in memory beforehand.
  static std::uint32_t hash_of(std::string_view name) {
    const std::size_t hash = std::hash<std::string_view>()(name);
    return static_cast<std::uint32_t>(hash ^ hash >> 32);
  }
  void prefetch(std::uint32_t hash) const { __builtin_prefetch(&slots_[hash & mask()], 1); }
  template <typename NameOf>
  bool insert(std::uint32_t hash, std::string_view name, int number, const NameOf& name_of) {
    reserve(size_ + 1);
    std::size_t at = hash & mask();
    for (; slots_[at].number >= 0; at = (at + 1) & mask()) {
      if (slots_[at].hash == hash && name_of(slots_[at].number) == name) return false;
    }
    slots_[at] = {hash, number};
    ++size_;
    return true;
  }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::int32_t number = -1;
  };

  std::size_t mask() const { return slots_.size() - 1; }

  void grow(std::size_t count) {
    std::size_t size = 16;
    while (size < count) size *= 2;
    std::vector<Slot> old(size);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.number < 0) continue;
      std::size_t at = slot.hash & mask();
      while (slots_[at].number >= 0) at = (at + 1) & mask();
      slots_[at] = slot;
    }
  }

  std::vector<Slot> slots_;  // a power of two of them; at most three quarters hold a name
  std::size_t size_ = 0;
};

}  // namespace tenon
