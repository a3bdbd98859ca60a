// A connected TCP socket to a server that may have several addresses: they are tried one after the
// other, 250 ms apart or as soon as one refuses, and the first that connects is taken (happy
// eyeballs, RFC 8305). Addresses that failed, or that a later one overtook, are tried last for a
// minute (common/base/address_order.h).
//
// The socket does not block, has TCP_NODELAY, and is given up by the kernel when what was sent is
// not acknowledged, or an idle peer is silent, for 10 s and 25 s.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/runtime/resolver.h"

namespace paceline {

class Connector {
 public:
  /// The file descriptor is the caller's.
  using Done = std::function<void(Result<int> socket)>;
  using Attempt = std::uint64_t;

  static constexpr Duration stagger = 250ms;

  Connector(Loop& loop, Metrics& metrics, Resolver::Options options);
  ~Connector();
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

  /// Calls `done` exactly once, later.
  ///   host     a name, or a numeric address without brackets
  ///   within   (0..) for finding its addresses and for one of them to answer
  ///   errors   unavailable, not_found: what became of the name, or of each address
  Attempt connect(const std::string& host, int port, Duration within, Done done);
  /// `done` is not called any more.
  void cancel(Attempt attempt);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace paceline
