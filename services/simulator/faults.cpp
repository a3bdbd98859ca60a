#include "services/simulator/faults.h"

#include <array>
#include <charconv>

namespace paceline {
namespace {

constexpr std::array<std::string_view, 14> keys = {"statserver_primary",
                                                   "statserver_backup",
                                                   "statserver_primary_lag",
                                                   "statserver_backup_lag",
                                                   "statserver_hidden",
                                                   "push_delay",
                                                   "push_disorder",
                                                   "endpoint",
                                                   "endpoint_delay",
                                                   "retry_after",
                                                   "staffing",
                                                   "arrivals",
                                                   "service",
                                                   "acceptance"};
constexpr std::size_t max_hidden_bytes = 64u << 10;

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
  for (int i = 0; i <= static_cast<int>(ServerFault::truncated); ++i) {
    if (value != to_string(static_cast<ServerFault>(i))) continue;
    faults.state = static_cast<ServerFault>(i);
    return {};
  }
  return wrong(
      key, value,
      "up, down, hang, invalid, unavailable, no_push, 429, 401, 403, 503, truncated, reset "
      "or forget");
}

Result<EndpointFault> endpoint_fault(std::string_view key, std::string_view value) {
  for (int i = 0; i <= static_cast<int>(EndpointFault::down); ++i)
    if (value == to_string(static_cast<EndpointFault>(i))) return static_cast<EndpointFault>(i);
  return wrong(key, value, "ok, 429, 503, 401, 403, slow, hang, malformed or down");
}

}  // namespace

std::span<const std::string_view> fault_keys() {
  return keys;
}

std::string_view to_string(ServerFault fault) {
  switch (fault) {
    case ServerFault::up:
      return "up";
    case ServerFault::down:
      return "down";
    case ServerFault::hang:
      return "hang";
    case ServerFault::invalid:
      return "invalid";
    case ServerFault::unavailable:
      return "unavailable";
    case ServerFault::no_push:
      return "no_push";
    case ServerFault::too_many:
      return "429";
    case ServerFault::unauthorised:
      return "401";
    case ServerFault::forbidden:
      return "403";
    case ServerFault::failing:
      return "503";
    case ServerFault::truncated:
      return "truncated";
  }
  return "";
}

std::string_view to_string(EndpointFault fault) {
  switch (fault) {
    case EndpointFault::ok:
      return "ok";
    case EndpointFault::too_many:
      return "429";
    case EndpointFault::unavailable:
      return "503";
    case EndpointFault::unauthorised:
      return "401";
    case EndpointFault::forbidden:
      return "403";
    case EndpointFault::slow:
      return "slow";
    case EndpointFault::hang:
      return "hang";
    case EndpointFault::malformed:
      return "malformed";
    case EndpointFault::down:
      return "down";
  }
  return "";
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
    faults.endpoint = TRY(endpoint_fault(key, value));
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

}  // namespace paceline
