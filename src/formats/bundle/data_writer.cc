#include "formats/bundle/data_writer.h"

#include <algorithm>

#include "base/crc32c.h"
#include "base/parallel_for.h"
#include "formats/bundle/bundle_strings.h"
#include "formats/bundle/bundle_variants.h"

namespace tenon {
namespace {

constexpr std::uint64_t kPiece = 512 << 10;  // summed and written while in the processor's cache

}  // namespace

void DataWriter::add(const Tensor& tensor, BundleEntry& entry) {
  Item item{tensor, "", &entry};
  if (tensor.dtype() == DType::String) {
    EncodedStrings strings = encode_strings(tensor);
    item.encoded = std::move(strings.head);
    for (const std::string& value : tensor.flat<std::string>()) item.encoded += value;
    item.tensor = {};
    item.summed = true;
    entry.crc = crc32c_mask(strings.crc);
  }
  if (tensor.dtype() == DType::Variant) {
    EncodedVariants variants = encode_variants(tensor);
    item.encoded = std::move(variants.bytes);
    item.tensor = {};
    item.summed = true;
    entry.crc = crc32c_mask(variants.crc);
  }
  entry.offset = end_;
  entry.size = item.summed ? item.encoded.size() : tensor.bytes();
  end_ += entry.size;
  waiting_ += entry.size;
  items_.push_back(std::move(item));
  if (waiting_ >= most_waiting_) flush();
}

// Large items into pieces; small ones together into tasks.
void DataWriter::cut() {
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const std::uint64_t size = items_[i].entry->size;
    std::uint64_t begin = 0;
    do {
      const std::uint64_t count = std::min(kPiece, size - begin);
      if (tasks_.empty() || tasks_.back().size + count > kPiece) tasks_.push_back({pieces_.size(), pieces_.size(), 0});
      pieces_.push_back({i, begin, count});
      tasks_.back().last = pieces_.size();
      tasks_.back().size += count;
      begin += count;
    } while (begin < size);
  }
}

void DataWriter::write(const Task& task, std::string& scratch) {
  const bool alone = task.last - task.first == 1;
  scratch.clear();
  for (std::size_t p = task.first; p < task.last; ++p) {
    Piece& piece = pieces_[p];
    const Item& item = items_[piece.item];
    if (piece.size == 0) continue;
    const std::string_view bytes(item.data() + piece.begin, piece.size);
    if (!item.summed) piece.crc = crc32c(bytes);
    if (alone) file_.write_at(item.entry->offset + piece.begin, bytes);
    else scratch.append(bytes);
  }
  const Piece& first = pieces_[task.first];
  if (!alone) file_.write_at(items_[first.item].entry->offset + first.begin, scratch);
}

void DataWriter::set_checksums() {
  std::size_t p = 0;
  for (Item& item : items_) {
    std::uint32_t crc = pieces_[p].crc;
    std::uint64_t done = pieces_[p++].size;
    for (; done < item.entry->size; done += pieces_[p++].size)
      crc = crc32c_combine(crc, pieces_[p].crc, pieces_[p].size);
    if (!item.summed) item.entry->crc = crc32c_mask(crc);
  }
}

void DataWriter::flush() {
  cut();
  parallel_tasks(tasks_.size(), [&, scratch = std::string()](std::size_t t) mutable {
    write(tasks_[t], scratch);
    if (progress_ != nullptr) progress_->add(tasks_[t].size);
  });
  set_checksums();
  items_.clear();
  pieces_.clear();
  tasks_.clear();
  waiting_ = 0;
}

}  // namespace tenon
