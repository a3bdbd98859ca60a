// The log of a process: Boost.Log to standard error, one line an event.
//
// The supervisor owns files and their rotation.
#pragma once

#include <memory>

#include "common/ports/log.h"

namespace paceline {

class BoostLog final : public Log {
 public:
  struct Options {
    std::string process;  // "a/elector/0"
    LogLevel least = LogLevel::info;
    bool json = false;  // JSON lines instead of text.
  };
  explicit BoostLog(Options options);
  ~BoostLog() override;
  BoostLog(const BoostLog&) = delete;
  BoostLog& operator=(const BoostLog&) = delete;

  void write(LogLevel level, std::string_view event, std::span<const LogField> fields) override;
  void set_level(LogLevel least) override;

 private:
  struct Sink;
  std::unique_ptr<Sink> sink_;
};

}  // namespace paceline
