// Addresses of names by c-ares, in the loop: no thread, and nothing waits for a name server but who
// asked. /etc/hosts, search domains and name servers as the system has them, read again when
// /etc/resolv.conf changes. What is kept, and for how long: common/base/name_cache.h.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/base/metrics.h"
#include "common/base/name_cache.h"
#include "common/base/result.h"
#include "common/runtime/loop.h"

namespace paceline {

class Resolver {
 public:
  struct Options {
    std::string servers;  // "ADDRESS:PORT,..." instead of the system's name servers; "" = those.
  };
  using Done = std::function<void(Result<Addresses> addresses)>;
  using Question = std::uint64_t;

  Resolver(Loop& loop, Metrics& metrics, Options options);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// What may be used now, empty if somebody has to be asked first: ask(). Asks beside if it is time.
  Addresses known(const std::string& name);

  /// Calls `done` exactly once, later.
  ///   patience   how long an answer is waited for if older addresses are known; without any, until
  ///              the name servers have answered or were silent
  ///   errors     not_found: there is no such name; unavailable: no name server answered
  Question ask(const std::string& name, Duration patience, Done done);
  /// `done` is not called any more.
  void cancel(Question question);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace paceline
