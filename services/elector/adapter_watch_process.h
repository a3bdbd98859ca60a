// Learns within milliseconds that a process of this host has ended, by its pidfd.
#pragma once

#include "common/runtime/loop.h"
#include "services/elector/host.h"

namespace paceline::elector {

class PidWatch final : public ProcessWatch {
 public:
  explicit PidWatch(Loop& loop) : loop_{loop} {}
  ~PidWatch() override { forget(); }
  PidWatch(const PidWatch&) = delete;
  PidWatch& operator=(const PidWatch&) = delete;

  Result<void> watch(std::int64_t pid, std::function<void()> died) override;

 private:
  void forget();

  Loop& loop_;
  int fd_ = -1;
};

}  // namespace paceline::elector
