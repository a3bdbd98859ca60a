// A part of a state that most targets never need. It takes the room of a pointer until it is made,
// and is a value for all that: a copy has a part of its own. Pure.
//
//   OnDemand<QueueWaits> waits;
//   waits->waiting();           // of one never made: what QueueWaits{} would say
//   waits.make().follow(...);   // made at the first such call, kept from then on
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

namespace paceline::pacer {

/// Asks the memory for bytes that are needed soon, so that nobody waits for them then.
inline void fetch_ahead(const void* at, std::size_t bytes) {
  constexpr std::size_t line = 64;
  const auto* first = static_cast<const std::byte*>(at);
  for (std::size_t i = 0; i < bytes; i += line) __builtin_prefetch(first + i);
}

template <class Part>
class OnDemand {
 public:
  OnDemand() = default;
  OnDemand(const OnDemand& other)
      : part_{other.part_ ? std::make_unique<Part>(*other.part_) : nullptr} {}
  OnDemand(OnDemand&&) noexcept = default;
  OnDemand& operator=(OnDemand other) noexcept {
    part_ = std::move(other.part_);
    return *this;
  }
  ~OnDemand() = default;

  bool made() const { return part_ != nullptr; }

  const Part& operator*() const {
    if (part_) return *part_;
    static const Part never_made{};
    return never_made;
  }
  const Part* operator->() const { return &**this; }

  /// The part to be changed. Allocates at the first call and never again.
  Part& make() {
    if (!part_) part_ = std::make_unique<Part>();
    return *part_;
  }

  /// The part to be changed if it is there.
  Part* if_made() { return part_.get(); }

  /// Asks the memory for it: it is needed soon.
  void fetch() const {
    if (part_) fetch_ahead(part_.get(), sizeof(Part));
  }

 private:
  std::unique_ptr<Part> part_;
};

}  // namespace paceline::pacer
