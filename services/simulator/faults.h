// What can be made to go wrong in the simulated outside world, by a scenario or at run time.
//
//   Faults faults = TRY(with_fault(faults, "statserver_primary", "down"));
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "services/simulator/centre.h"

namespace paceline::simulator {

/// Requests that a fault leaves without an answer; of more, the oldest is dropped.
inline constexpr std::size_t max_hanging = 256;

enum class ServerFault : std::uint8_t {
  up,
  down,          // Its port is closed, sessions and counters are lost.
  hang,          // Takes requests and never answers.
  invalid,       // Answers, but every statistic is invalid (StatInvalid).
  unavailable,   // Says Unavailable on the service channel, and goes on.
  no_push,       // /notifications is answered 404.
  too_many,      // 429 with Retry-After.
  unauthorised,  // 401
  forbidden,     // 403
  failing,       // 503
  truncated,     // 200 with half an answer.
};

enum class EndpointFault : std::uint8_t {
  ok,
  too_many,             // 429 with Retry-After, on the token service too.
  unavailable,          // 503 with Retry-After
  unauthorised,         // 401: every token is refused.
  forbidden,            // 403
  slow,                 // Answers after `endpoint_delay`.
  hang,                 // Takes requests and never answers.
  malformed,            // 200 with half an answer.
  down,                 // Its port is closed.
  fenced,               // 409 with a higher term than the publication's.
  too_large,            // 413 for more than 100 targets.
  unsupported,          // 415 for compressed bodies, and announces none.
  internal,             // 500, after it took the publication.
  redirect,             // 307 to another host.
  reset,                // The connection breaks in mid-answer.
  not_json,             // 200 with a web page.
  wrong_encoding,       // 200 whose body is not in the encoding that it names.
  full_wanted,          // 200 that asks for a full publication each time.
  expired_certificate,  // TLS with a certificate that has run out,
  other_certificate,    // ... that is for another host,
  foreign_certificate,  // ... that nobody's authority has signed.
  absurdly_fenced,      // 409 with a term that no cluster reaches.
};

enum class TokenFault : std::uint8_t {
  ok,
  too_many,   // 429 with Retry-After
  internal,   // 500
  refused,    // 401
  malformed,  // 200 without a token.
  hang,       // Never answers.
};

/// What is wrong with one Stat Server.
struct ServerFaults {
  ServerFault state = ServerFault::up;
  std::uint64_t resets = 0;   // Each rise restarts its counters at zero.
  std::uint64_t forgets = 0;  // Each rise ends all sessions and subscriptions.
  Duration lag{};             // [0..5min] it tells what was true that long ago.

  bool operator==(const ServerFaults&) const = default;
};

struct Faults {
  ServerFaults primary;
  ServerFaults backup;
  std::string hidden;          // Ids of targets, with commas, whose objects no Stat Server knows.
  Duration push_delay{};       // [0..60s] of every pushed update, of both servers.
  double push_disorder = 0;    // [0..1] of pushed values are followed by an older or the same one.
  bool sticky_cookie = false;  // Without a session's cookie a request reaches another Stat Server.
  EndpointFault endpoint = EndpointFault::ok;
  Duration endpoint_delay = 5s;   // [0..60s] when slow.
  Duration retry_after = 2s;      // [0..600s] said with 429 and 503.
  bool retry_after_date = false;  // As a date instead of seconds.
  TokenFault token = TokenFault::ok;
  std::string token_expires_in = "own";  // Or "absent", or the JSON that the answer has there.
  std::string token_answer;              // For parse_fixed_answer(); "" = its own.
  std::string endpoint_answer;           // The same, to publications.
  Drift drift;

  bool operator==(const Faults&) const = default;
};

/// The keys that with_fault() knows.
std::span<const std::string_view> fault_keys();

/// `faults` with one of them changed.
///
///   statserver_primary, statserver_backup           a word of ServerFault; once: reset, forget
///   statserver_primary_lag, statserver_backup_lag   "20s"
///   statserver_hidden                               "t00,t07"
///   push_delay, endpoint_delay, retry_after         "2s"
///   push_disorder                                   0..1
///   sticky_cookie                                   off, on
///   endpoint                                        a word of EndpointFault
///   token                                           a word of TokenFault
///   token_expires_in                                own, absent, or a scalar in JSON
///   token_answer, endpoint_answer                   "" or as fixed_answer.h has it
///   retry_after_form                                seconds, date
///   staffing, arrivals, service                     a number
///   acceptance                                      own, or a number
///   errors   not_found: no such key; bad_value: not a value of it
Result<Faults> with_fault(Faults faults, std::string_view key, std::string_view value);

using FaultValue = std::variant<std::string, double>;

/// What is in force of one fault, as with_fault() takes it: a text, or a number.
///
///   key   one of fault_keys(); anything else is a bug (CHECK)
FaultValue fault_value(const Faults& faults, std::string_view key);

std::string_view to_string(ServerFault fault);
std::string_view to_string(EndpointFault fault);
std::string_view to_string(TokenFault fault);

}  // namespace paceline::simulator
