// A Stat Server for scenarios on virtual time: answers requests of the Statistics API v3 through
// the Http port, holds connects, pushes what changes, and can be killed, restarted, silenced and
// made to lie.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/ports/http.h"
#include "common/ports/world.h"
#include "common/wire/statistics.h"

namespace paceline::test {

class FakeStatServer {
 public:
  bool up = true;       // False: connections are refused.
  bool silent = false;  // True: never answers.
  bool push = true;     // False: handshakes are answered 404.
  bool valid = true;    // False: no statistic has a value.
  int status = 0;       // Other than 0: every answer has this HTTP status.
  std::string state = "Available";
  // What servers were seen to do.
  bool frozen = false;            // Pushes nothing any more, and answers every connect at once.
  int poll_status = 0;            // Other than 0: polls are answered with this HTTP status.
  bool silent_polls = false;      // Polls are answered 200, without any statistic.
  std::string mute;               // Polls leave out the statistics of this object.
  bool own_ids = false;           // Values carry ids of the server's own, upper-case or not.
  bool names_values = true;       // ... and say of which object and name they are.
  bool wants_handshakes = false;  // Every good connect advises another handshake, at once.
  std::function<void(std::string& body)> meddle;  // With any answer of 200.

  /// Sets a number; every client that subscribed hears of it.
  void set(const std::string& object, const std::string& name, double value);
  /// Also adds.
  void add(const std::string& object, const std::string& name, double amount) {
    set(object, name, values_[{object, name}] + amount);
  }
  void forget(const std::string& object) {
    std::erase_if(values_, [&](const auto& entry) { return entry.first.first == object; });
  }
  /// As after a restart: sessions and subscriptions are gone and counters are zero.
  void restart();
  void tell_state(const std::string& word);

  std::size_t requests() const { return requests_; }
  std::size_t subscriptions() const { return subscriptions_.size(); }
  std::size_t clients() const { return clients_.size(); }
  std::size_t handshakes() const { return handshakes_; }

 private:
  friend class FakeHttp;
  using Answer = std::function<void(Result<HttpAnswer>)>;
  struct Held {
    std::string client;
    Answer answer;
    Instant until;
  };
  void serve(const HttpRequest& request, World& world, Answer answer);
  void flush(World& world);
  StatisticValue value_of(const StatisticRequest& request, std::int64_t now_ms) const;
  void send(const Answer& answer, std::string body) const;

  std::map<std::pair<std::string, std::string>, double> values_;
  std::map<std::string, std::vector<StatisticRequest>> subscriptions_;
  std::map<std::string, std::vector<BayeuxMessage>> clients_;  // What waits for each.
  std::vector<Held> held_;
  std::vector<std::pair<std::string, std::string>> changed_;
  std::size_t requests_ = 0;
  std::size_t handshakes_ = 0;
  int life_ = 0;
};

/// The Http port of one process; hosts "primary" and "backup" lead to the two servers.
class FakeHttp final : public Http {
 public:
  FakeHttp(World& world, FakeStatServer& primary, FakeStatServer& backup);
  ~FakeHttp() override;

  HttpCall send(HttpRequest request, Done done) override;
  void cancel(HttpCall call) override { calls_.erase(call); }

 private:
  void finish(HttpCall call, Result<HttpAnswer> answer);

  World& world_;
  FakeStatServer* servers_[2];
  std::map<HttpCall, Done> calls_;
  HttpCall last_ = 0;
  TimerId timer_;
};

}  // namespace paceline::test
