// One Stat Server behind the Stat Service of Genesys Mobile Services: every value takes a request
// of its own (common/wire/gms.h), sent in the order of a PollSchedule, some at once.
//
//   GmsAdapter primary{options, 0, statfeed, targets_index, mapping, world, http};
//   statfeed.attach(0, primary);
//   primary.start();
//
// A value is as old as the server says (header Age), and older with every second until it is asked
// for again. 403 with a message: the server does not know that statistic. Any other failure pauses
// all requests: as long as Retry-After says, else with back-off.
#pragma once

#include <string>

#include "common/base/backoff.h"
#include "services/statfeed/adapter_http.h"
#include "services/statfeed/poll_schedule.h"
#include "services/statfeed/source.h"

namespace paceline::statfeed {

class GmsAdapter final : public Source {
 public:
  struct Options {
    std::string url;  // "http://host:port/genesys/1"
    StatServerAccess access;
    GmsPolicy policy;
  };

  GmsAdapter(Options options, int server, SourceListener& listener,
             const TargetsIndex& targets_index, const Mapping& mapping, World& world, Http& http);
  ~GmsAdapter() override;
  GmsAdapter(const GmsAdapter&) = delete;
  GmsAdapter& operator=(const GmsAdapter&) = delete;

  void start() override;
  void targets_changed(const TargetsIndex::Change& change) override;
  void stop() override;

 private:
  struct Asked {
    Statistic statistic;
    std::uint16_t generation;
  };
  void pump();
  void ask(Statistic statistic);
  void on_answer(const Asked& asked, const Result<HttpAnswer>& answer);
  void take(const Asked& asked, StatisticUpdate::Status status, double value, Duration age);
  void pause_after(const Asked& asked, const std::string& why, Duration at_least);
  void tell_state();

  Options options_;
  int server_;
  SourceListener& listener_;
  const TargetsIndex& targets_index_;
  const Mapping& mapping_;
  World& world_;
  ServerHttp http_;
  PollSchedule schedule_;
  std::string url_;
  std::string max_age_;
  bool started_ = false;
  bool stopped_ = false;
  bool opened_ = false;
  Backoff backoff_;  // From the second pause in a row on the server counts as lost.
  Instant paused_until_{};
  TimerId wake_ = 0;
  Gauge& round_;
};

}  // namespace paceline::statfeed
