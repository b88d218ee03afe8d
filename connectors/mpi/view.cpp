// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "view.hpp"

#include <sys/stat.h>

#include "proxystore/error.hpp"

namespace proxystore::inline v0::partition {

namespace {

ControlLayout layout_of(const Header& header) {
  return {.most_pins = header.most_pins, .most_slots = header.most_slots};
}

/// Whether the segment is what was announced, and has the parts that its header tells.
bool is_right(const Header& header, const PartitionAddress& address, std::uint64_t control_bytes) {
  return header.magic == Header::magic_value && header.version == Header::version_value &&
         header.epoch == address.epoch && header.rank == address.rank &&
         header.nonce == address.nonce && header.control_bytes == control_bytes &&
         layout_of(header).bytes() == control_bytes;
}

}  // namespace

View::View(Partition& own)
    : header_(reinterpret_cast<Header*>(own.control().data())),
      pins_(reinterpret_cast<Pin*>(own.control().data() + layout_of(*header_).pins_at())),
      slots_(reinterpret_cast<Slot*>(own.control().data() + layout_of(*header_).slots_at())),
      memory_(own.data().data()),
      spill_fd_(own.spill_fd()) {}

std::unique_ptr<View> View::open(const PartitionAddress& address) {
  std::unique_ptr<View> view(new View);
  const auto control = open_segment(address.control, Mapping::Access::write);
  view->data_fd_ = open_segment(address.data, Mapping::Access::read);
  if (!control || !view->data_fd_) return nullptr;
  if (!address.spill.empty()) {
    view->peer_spill_ = open_segment(address.spill, Mapping::Access::read);
    if (!view->peer_spill_) return nullptr;
    view->spill_fd_ = view->peer_spill_.get();
  }
  // The header alone, to learn how much there is to map.
  std::uint64_t control_bytes = 0;
  {
    struct stat info {};
    if (::fstat(control.get(), &info) != 0 || info.st_size < static_cast<off_t>(sizeof(Header))) {
      return nullptr;  // some other file of that process
    }
    const auto first = Mapping::of(control.get(), sizeof(Header), Mapping::Access::read);
    if (!first) return nullptr;
    const auto& header = *reinterpret_cast<const Header*>(first->data());
    control_bytes = header.control_bytes;
    if (!is_right(header, address, control_bytes)) return nullptr;
  }
  auto mapping = Mapping::of(control.get(), control_bytes, Mapping::Access::write);
  if (!mapping) return nullptr;
  view->control_ = std::move(*mapping);
  view->header_ = reinterpret_cast<Header*>(view->control_.data());
  const ControlLayout layout = layout_of(*view->header_);
  view->pins_ = reinterpret_cast<Pin*>(view->control_.data() + layout.pins_at());
  view->slots_ = reinterpret_cast<Slot*>(view->control_.data() + layout.slots_at());
  return view;
}

Slot* View::slot(std::uint32_t index) const noexcept {
  return index < header_->slots_end.load(std::memory_order_acquire) ? slots_ + index : nullptr;
}

std::span<ReplicaEntry> View::replicas() const noexcept {
  if (header_->has_replicas.load(std::memory_order_acquire) == 0) return {};
  auto* const control = reinterpret_cast<std::byte*>(header_);
  return {reinterpret_cast<ReplicaEntry*>(control + ControlLayout::replicas_at()),
          ControlLayout::replica_entries};
}

ByteSpan View::bytes(std::uint64_t place, std::uint64_t size) {
  if (data_fd_) {
    std::call_once(mapped_, [&]() noexcept {  // noexcept: a call_once that throws may hang the next
      auto mapping = Mapping::of(data_fd_.get(), header_->data_bytes, Mapping::Access::read);
      if (!mapping) return;
      data_ = std::move(*mapping);
      memory_ = data_.data();
    });
  }
  if (memory_ == nullptr) {
    throw ConnectorError("cannot map the memory of rank " + std::to_string(rank()) + ", " +
                             std::to_string(header_->data_bytes) +
                             " bytes; is the address space limited (ulimit -v)?",
                         {.connector = "mpi", .operation = "get"});
  }
  const std::uint64_t end = header_->data_end.load(std::memory_order_acquire);
  if (place > end || size > end - place) {
    throw IntegrityError("the table of rank " + std::to_string(rank()) + " is damaged",
                         {.connector = "mpi", .operation = "get"});
  }
  return {memory_ + place, static_cast<std::size_t>(size)};
}

Bytes View::spilled(std::uint64_t place, std::uint64_t size) const {
  MutableBytes copy(size);
  SpillFile::read(spill_fd_, place, copy.span());
  return std::move(copy).freeze();
}

void View::push_evicted(std::uint32_t index) noexcept {
  std::uint32_t top = header_->evicted.load(std::memory_order_relaxed);
  do {
    slots_[index].next.store(top, std::memory_order_relaxed);
  } while (!header_->evicted.compare_exchange_weak(top, index + 1, std::memory_order_release,
                                                   std::memory_order_relaxed));
}

}  // namespace proxystore::inline v0::partition
