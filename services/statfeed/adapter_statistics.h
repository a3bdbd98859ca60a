// One Stat Server by the Statistics API v3: carries the requests of a Session over HTTP.
//
//   StatisticsAdapter primary{options, 0, statfeed, targets_index, mapping, world, http};
//   statfeed.attach(0, primary);
//   primary.start();
//
// Keeps the server's cookies and tells each kind of trouble once.
#pragma once

#include <map>
#include <string>

#include "services/statfeed/adapter_http.h"
#include "services/statfeed/session.h"
#include "services/statfeed/source.h"

namespace paceline::statfeed {

class StatisticsAdapter final : public Source {
 public:
  struct Options {
    std::string url;  // The base: "http://host:port/statistics/v3".
    StatServerAccess access;
    Session::Policy session;
  };

  StatisticsAdapter(Options options, int server, SourceListener& listener,
                    const TargetsIndex& targets_index, const Mapping& mapping, World& world,
                    Http& http);
  ~StatisticsAdapter() override;
  StatisticsAdapter(const StatisticsAdapter&) = delete;
  StatisticsAdapter& operator=(const StatisticsAdapter&) = delete;

  void start() override;
  void targets_changed(const TargetsIndex::Change& change) override;
  void stop() override;

 private:
  void carry(Session::Step step);
  void tell_state();
  std::string doubt() const;
  using Cookies = std::map<std::string, std::string>;
  void send(Session::Call call, const Cookies& cookies);
  void keep_cookies(const HttpHeaders& headers);
  void tell(const Session::Note& note);

  Options options_;
  int server_;
  SourceListener& listener_;
  World& world_;
  ServerHttp http_;
  Session session_;
  Cookies cookies_;
  std::uint64_t sessions_ = 0;  // Begun: answers to those of before set no cookies.
  bool started_ = false;
  TimerId wake_ = 0;
  FaultLog session_fault_;
  FaultLog push_fault_;
  FaultLog unchecked_fault_;
  FaultLog values_fault_;
  Counter& contradictions_;
  Gauge& doubted_;
};

}  // namespace paceline::statfeed
