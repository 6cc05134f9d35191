// Many tensors at once. Whole tensors of numbers are read in the order of the files: large ones in pieces, runs of
// small ones that lie side by side by one call; whatever else there is goes through read().

#include <algorithm>

#include "base/crc32c.h"
#include "base/parallel_for.h"
#include "formats/bundle/bundle_reader.h"

namespace tenon {
namespace {

constexpr std::uint64_t kPiece = 512 << 10;

}  // namespace

class BulkRead {
 public:
  BulkRead(const BundleReader& reader, std::span<const TensorRequest> requests, const BulkOptions& options)
      : reader_(reader), requests_(requests), options_(options), values_(requests.size()) {}

  std::vector<Tensor> run() {
    sort_out();
    cut();
    parallel_tasks(tasks_.size() + others_.size(), [this, scratch = std::string()](std::size_t i) mutable {
      if (i < tasks_.size()) read(tasks_[i], scratch);
      else read_other(others_[i - tasks_.size()]);
    });
    finish();
    return std::move(values_);
  }

 private:
  struct Item {  // a whole tensor of numbers
    std::size_t request;
    BundleEntry entry;
    bool mapped = false;
  };
  struct Piece {
    std::size_t item;
    std::uint64_t begin, size;
    std::uint32_t crc = 0;
  };
  struct Task {  // pieces that lie side by side
    std::size_t first, last;
    int shard;
    std::uint64_t begin, size;
  };

  void sort_out() {
    items_.reserve(requests_.size());
    for (std::size_t i = 0; i < requests_.size(); ++i) {
      const TensorRequest& request = requests_[i];
      BundleEntry entry = reader_.entry(request.name);
      const bool whole = !request.part || request.part->slice.covers(request.part->full);
      const bool plain = whole && entry.slices.empty() && dtype_size(entry.dtype) != 0 && !is_ref(entry.dtype);
      if (!plain || (request.part && !(request.part->full == entry.shape))) {
        others_.push_back(i);
        continue;
      }
      reader_.check_place(request.name, entry);
      items_.push_back({i, std::move(entry)});
    }
    const auto before = [](const Item& a, const Item& b) {
      return std::pair(a.entry.shard, a.entry.offset) < std::pair(b.entry.shard, b.entry.offset);
    };
    if (!std::is_sorted(items_.begin(), items_.end(), before)) std::sort(items_.begin(), items_.end(), before);
    std::pair<int, std::uint64_t> mapped_end = {-1, 0};
    for (Item& item : items_) {
      // Two tensors must not share their memory, though one stored tensor may be asked for twice.
      const std::pair<int, std::uint64_t> begin = {item.entry.shard, item.entry.offset};
      item.mapped = options_.mapped && may_map(item.entry) && begin >= mapped_end;
      if (item.mapped) mapped_end = {item.entry.shard, item.entry.offset + item.entry.size};
      make_room(item);
    }
  }

  void make_room(const Item& item) {
    Tensor& value = values_[item.request];
    if (!item.mapped) {
      value = Tensor(item.entry.dtype, item.entry.shape);
      return;
    }
    const auto mapping = reader_.mapped_shard(item.entry.shard);
    value = Tensor(item.entry.dtype, item.entry.shape,
                   Buffer::wrap(mapping->data() + item.entry.offset, item.entry.size, mapping));
  }

  // Elements must be aligned as the processor wants them, and bytes be valid as they are.
  bool may_map(const BundleEntry& entry) const {
    const std::size_t element = dtype_size(entry.dtype);
    return !reader_.header_.big_endian && entry.dtype != DType::Bool && entry.size > 0 && entry.offset % element == 0;
  }

  void cut() {
    for (std::size_t i = 0; i < items_.size(); ++i) {
      const BundleEntry& entry = items_[i].entry;
      if (items_[i].mapped && !options_.check_mapped) continue;
      for (std::uint64_t begin = 0; begin < entry.size;) {
        const std::uint64_t count = std::min(kPiece, entry.size - begin), at = entry.offset + begin;
        const bool joins = !tasks_.empty() && tasks_.back().shard == entry.shard && !items_[i].mapped &&
                           tasks_.back().begin + tasks_.back().size == at && tasks_.back().size + count <= kPiece &&
                           !items_[pieces_.back().item].mapped;
        if (!joins) tasks_.push_back({pieces_.size(), pieces_.size(), entry.shard, at, 0});
        pieces_.push_back({i, begin, count});
        tasks_.back().last = pieces_.size();
        tasks_.back().size += count;
        begin += count;
      }
    }
  }

  char* place(const Piece& piece) {
    return reinterpret_cast<char*>(values_[items_[piece.item].request].raw()) + piece.begin;
  }

  void read(const Task& task, std::string& scratch) {
    const RandomFile& file = reader_.shard(task.shard);
    const bool alone = task.last - task.first == 1;
    if (!alone) {
      scratch.resize(kPiece);
      file.read(task.begin, task.size, scratch.data());
    } else if (!items_[pieces_[task.first].item].mapped) {
      file.read(task.begin, task.size, place(pieces_[task.first]));
    }
    const char* from = scratch.data();
    for (std::size_t p = task.first; p < task.last; ++p) {
      Piece& piece = pieces_[p];
      if (!alone) {
        std::copy_n(from, piece.size, place(piece));
        from += piece.size;
      }
      piece.crc = crc32c({place(piece), piece.size});
    }
    if (options_.progress != nullptr) options_.progress->add(task.size);
  }

  void read_other(std::size_t request) {
    const TensorRequest& wanted = requests_[request];
    values_[request] = wanted.part ? reader_.read(wanted.name, *wanted.part) : reader_.read(wanted.name);
    if (options_.progress != nullptr) options_.progress->add(values_[request].bytes());
  }

  void finish() {
    std::size_t p = 0;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      const Item& item = items_[i];
      if (item.mapped && !options_.check_mapped) continue;
      std::uint32_t crc = 0;
      for (; p < pieces_.size() && pieces_[p].item == i; ++p)
        crc = crc32c_combine(crc, pieces_[p].crc, pieces_[p].size);
      const std::string& name = requests_[item.request].name;
      reader_.check_sum(name, item.entry, crc);
      if (!item.mapped) reader_.finish_numbers(values_[item.request]);
    }
  }

  const BundleReader& reader_;
  std::span<const TensorRequest> requests_;
  const BulkOptions& options_;
  std::vector<Tensor> values_;
  std::vector<Item> items_;
  std::vector<std::size_t> others_;
  std::vector<Piece> pieces_;
  std::vector<Task> tasks_;
};

std::vector<Tensor> BundleReader::read_all(std::span<const TensorRequest> requests, const BulkOptions& options) const {
  return BulkRead(*this, requests, options).run();
}

}  // namespace tenon
