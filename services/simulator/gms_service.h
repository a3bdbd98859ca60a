// The Stat Service of Genesys Mobile Services in front of a simulated Stat Server: one value a
// question, with a cache of its own.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "common/wire/gms.h"
#include "services/simulator/stat_server.h"

namespace paceline::simulator {

class GmsService {
 public:
  struct Answer {
    int status = 200;  // 403: not well defined.
    std::string body;
    Duration age{};  // Of the value, for the header Age.
  };

  explicit GmsService(StatServer& server) : server_{server} {}

  /// `max_age` of Cache-Control: a cached value that is no older will do; nothing = take it anew.
  Answer answer(std::string_view form, std::optional<Duration> max_age, Timestamp timestamp);

 private:
  struct Cached {
    double value = 0;
    bool valid = false;
    Instant at{};
  };
  static constexpr std::size_t max_cached = 500'000;

  StatServer& server_;
  std::map<std::string, Cached> cache_;  // By form.
};

}  // namespace paceline::simulator
