#include "services/simulator/faults.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace paceline::simulator {
namespace {

constexpr std::array<std::string_view, 16> keys = {"statserver_primary",
                                                   "statserver_backup",
                                                   "statserver_primary_lag",
                                                   "statserver_backup_lag",
                                                   "statserver_hidden",
                                                   "push_delay",
                                                   "push_disorder",
                                                   "endpoint",
                                                   "endpoint_delay",
                                                   "retry_after",
                                                   "retry_after_form",
                                                   "token",
                                                   "staffing",
                                                   "arrivals",
                                                   "service",
                                                   "acceptance"};
constexpr std::size_t max_hidden_bytes = 64u << 10;

// By ServerFault, EndpointFault and TokenFault.
constexpr std::array<std::string_view, 11> server_words = {
    "up",  "down", "hang", "invalid", "unavailable", "no_push",
    "429", "401",  "403",  "503",     "truncated"};
constexpr std::array<std::string_view, 22> endpoint_words = {"ok",
                                                             "429",
                                                             "503",
                                                             "401",
                                                             "403",
                                                             "slow",
                                                             "hang",
                                                             "malformed",
                                                             "down",
                                                             "409",
                                                             "413",
                                                             "415",
                                                             "500",
                                                             "redirect",
                                                             "reset",
                                                             "not_json",
                                                             "wrong_encoding",
                                                             "full_wanted",
                                                             "expired_certificate",
                                                             "other_certificate",
                                                             "foreign_certificate",
                                                             "409_absurd"};
constexpr std::array<std::string_view, 6> token_words = {"ok",  "429",       "500",
                                                         "401", "malformed", "hang"};
static_assert(server_words.size() == static_cast<int>(ServerFault::truncated) + 1);
static_assert(endpoint_words.size() == static_cast<int>(EndpointFault::absurdly_fenced) + 1);
static_assert(token_words.size() == static_cast<int>(TokenFault::hang) + 1);

tl::unexpected<Error> wrong(std::string_view key, std::string_view value, std::string_view valid) {
  return fail(std::string{key} + " = " + std::string{value} + ": not " + std::string{valid});
}

Result<double> number(std::string_view key, std::string_view value, double min, double max) {
  double read = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), read);
  if (error != std::errc{} || end != value.data() + value.size() || !(read >= min && read <= max))
    return wrong(key, value, "in [" + std::to_string(min) + ", " + std::to_string(max) + "]");
  return read;
}

Result<Duration> length(std::string_view key, std::string_view value, Duration max) {
  const auto read = parse_duration(value);
  if (!read) return fail(std::string{key} + ": " + read.error().detail);
  if (*read > max) return wrong(key, value, "at most " + format_duration(max));
  return *read;
}

Result<void> set_server(ServerFaults& faults, std::string_view key, std::string_view value) {
  if (value == "reset") {
    ++faults.resets;
    return {};
  }
  if (value == "forget") {
    ++faults.forgets;
    return {};
  }
  if (const auto word = std::ranges::find(server_words, value); word != server_words.end()) {
    faults.state = static_cast<ServerFault>(word - server_words.begin());
    return {};
  }
  return wrong(
      key, value,
      "up, down, hang, invalid, unavailable, no_push, 429, 401, 403, 503, truncated, reset "
      "or forget");
}

template <class Fault, std::size_t n>
Result<Fault> one_of(const std::array<std::string_view, n>& words, std::string_view key,
                     std::string_view value) {
  std::string valid;
  for (std::size_t i = 0; i < n; ++i) {
    if (value == words[i]) return static_cast<Fault>(i);
    valid += (i == 0 ? "" : i + 1 == n ? " or " : ", ") + std::string{words[i]};
  }
  return wrong(key, value, valid);
}

}  // namespace

std::span<const std::string_view> fault_keys() {
  return keys;
}

std::string_view to_string(ServerFault fault) {
  return server_words[static_cast<std::size_t>(fault)];
}

std::string_view to_string(EndpointFault fault) {
  return endpoint_words[static_cast<std::size_t>(fault)];
}

std::string_view to_string(TokenFault fault) {
  return token_words[static_cast<std::size_t>(fault)];
}

Result<Faults> with_fault(Faults faults, std::string_view key, std::string_view value) {
  if (key == "statserver_primary" || key == "statserver_backup") {
    auto& server = key == "statserver_primary" ? faults.primary : faults.backup;
    if (auto set = set_server(server, key, value); !set) return tl::unexpected(set.error());
  } else if (key == "statserver_primary_lag") {
    faults.primary.lag = TRY(length(key, value, 5min));
  } else if (key == "statserver_backup_lag") {
    faults.backup.lag = TRY(length(key, value, 5min));
  } else if (key == "statserver_hidden") {
    if (value.size() > max_hidden_bytes)
      return fail(std::string{key} + ": over 64 KiB of target ids");
    faults.hidden = value;
  } else if (key == "push_disorder") {
    faults.push_disorder = TRY(number(key, value, 0, 1));
  } else if (key == "push_delay") {
    faults.push_delay = TRY(length(key, value, 60s));
  } else if (key == "endpoint") {
    faults.endpoint = TRY(one_of<EndpointFault>(endpoint_words, key, value));
  } else if (key == "token") {
    faults.token = TRY(one_of<TokenFault>(token_words, key, value));
  } else if (key == "retry_after_form") {
    if (value != "seconds" && value != "date") return wrong(key, value, "seconds or date");
    faults.retry_after_date = value == "date";
  } else if (key == "endpoint_delay") {
    faults.endpoint_delay = TRY(length(key, value, 60s));
  } else if (key == "retry_after") {
    faults.retry_after = TRY(length(key, value, 600s));
  } else if (key == "staffing") {
    faults.drift.staffing = TRY(number(key, value, 0, 10));
  } else if (key == "arrivals") {
    faults.drift.arrivals = TRY(number(key, value, 0, 100));
  } else if (key == "service") {
    faults.drift.service = TRY(number(key, value, 0.01, 100));
  } else if (key == "acceptance") {
    faults.drift.acceptance = TRY(number(key, value, 0, 1));
  } else {
    return fail(Errc::not_found, "no fault is called " + std::string{key});
  }
  return faults;
}

}  // namespace paceline::simulator
