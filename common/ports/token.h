// An access token: when to fetch one, and whether the one we have is good. No clock, no request;
// client_credentials.h has those.
//
//   if (token.wants_fetch(now)) token.fetching(now), send a token request
//   token.fetched(answer)  |  token.failed(now, retry_after, uniform)
//   token.refused(now, text, uniform)    // the endpoint answered 401 to it
//
// Its life is counted on the monotonic clock from when it was asked for, so a step of the wall
// clock moves nothing. A new one is fetched at 80 % of the life while the old one goes on being
// used. One 401 fetches a new one at once; the next ones, with no success between, back off.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/backoff.h"
#include "common/wire/engagement.h"

namespace paceline {

class Token {
 public:
  struct Policy {
    double renew_share = 0.8;  // (0..1) of the life, then a new one is fetched.
    Duration least_life =
        10s;  // Used that long, whatever its service says: it is asked no more often.
    Backoff::Policy retry{.floor = 200ms, .first = 1s, .most = 10s};
  };

  explicit Token(Policy policy) : policy_{policy}, retry_{policy.retry}, renewal_{policy.retry} {}

  bool wants_fetch(Instant now) const { return !asked_ && now >= fetch_at_; }
  /// When wants_fetch() turns true; nothing while a fetch is on its way.
  std::optional<Instant> next() const;

  void fetching(Instant now) { asked_ = now; }
  void fetched(const TokenAnswer& answer);
  /// No token came.
  ///   retry_after   that the token service asked for
  ///   uniform       [0, 1) for the jitter
  void failed(Instant now, std::optional<Duration> retry_after, double uniform);

  /// The endpoint refused `text`, which may no longer be the token we have.
  void refused(Instant now, std::string_view text, double uniform);
  /// The endpoint took it.
  void accepted() {
    refusals_ = 0;
    renewal_.reset();
  }

  bool usable(Instant now) const { return !text_.empty() && now < expires_; }
  const std::string& text() const { return text_; }

 private:
  Policy policy_;
  Backoff retry_;    // After token requests that failed.
  Backoff renewal_;  // After tokens that were refused.
  std::string text_;
  Instant expires_{};
  Instant fetch_at_{};  // The first one at once.
  std::optional<Instant> asked_;
  int refusals_ = 0;
};

/// The value of an Authorization header: "Basic ...", id and secret form-encoded first (RFC 6749,
/// 2.3.1).
std::string basic_authorization(std::string_view client_id, std::string_view client_secret);

/// The same for a person's or a service's name and password, as they are (RFC 7617).
std::string basic_password(std::string_view user, std::string_view password);

}  // namespace paceline
