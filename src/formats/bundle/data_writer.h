// One .data file in the making: tensors get their places at once and are written later, many at a time, by several
// threads, with the checksum in the same pass.
//
//   DataWriter writer(file, 64 << 20, nullptr);
//   writer.add(tensor, entry);                    // `entry` must stay where it is: flush() puts the checksum there
//   writer.flush();
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/files.h"
#include "formats/bundle/bundle_entry.h"
#include "base/progress_meter.h"
#include "tenon/tensor.h"

namespace tenon {

class DataWriter {
 public:
  // Writes as soon as `most_waiting` bytes are there. `progress` (it may be null) is told what has been written.
  DataWriter(AtomicFile& file, std::uint64_t most_waiting, ProgressMeter* progress)
      : file_(file), most_waiting_(most_waiting), progress_(progress) {}

  // Sets the offset and size of the entry; its checksum comes with flush(). Flushes by itself when much is waiting.
  void add(const Tensor& tensor, BundleEntry& entry);
  void flush();

 private:
  struct Item {
    Tensor tensor;           // keeps the memory
    std::string encoded;     // of strings and variants, instead
    BundleEntry* entry;
    bool summed = false;     // the entry has its checksum already

    const char* data() const { return summed ? encoded.data() : reinterpret_cast<const char*>(tensor.raw()); }
  };
  struct Piece {             // of one item
    std::size_t item;
    std::uint64_t begin, size;
    std::uint32_t crc = 0;
  };
  struct Task {              // pieces that are written by one call
    std::size_t first, last;
    std::uint64_t size;
  };

  void cut();
  void write(const Task& task, std::string& scratch);
  void set_checksums();

  AtomicFile& file_;
  std::uint64_t most_waiting_;
  ProgressMeter* progress_;
  std::uint64_t end_ = 0;      // of the file, with what waits
  std::uint64_t waiting_ = 0;
  std::vector<Item> items_;
  std::vector<Piece> pieces_;
  std::vector<Task> tasks_;
};

}  // namespace tenon
