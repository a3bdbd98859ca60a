#include "services/simulator/faults.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "common/base/check.h"
#include "services/simulator/fixed_answer.h"

namespace paceline::simulator {
namespace {

constexpr std::size_t max_hidden_bytes = 64u << 10;
constexpr std::size_t max_answer_bytes = 64u << 10;

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
constexpr std::array<std::string_view, 2> switch_words = {"off", "on"};
constexpr std::array<std::string_view, 2> form_words = {"seconds", "date"};
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

Result<std::string> hidden_ids(std::string_view key, std::string_view value) {
  if (value.size() > max_hidden_bytes)
    return fail(std::string{key} + ": over 64 KiB of target ids");
  return std::string{value};
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

// "" or what fixed_answer.h reads.
Result<std::string> fixed_answer(std::string_view key, std::string_view value) {
  if (value.empty()) return std::string{};
  if (value.size() > max_answer_bytes) return fail(std::string{key} + ": over 64 KiB");
  if (const auto read = parse_fixed_answer(value); !read)
    return fail(std::string{key} + ": " + read.error().detail);
  return std::string{value};
}

template <class T>
Result<void> keep(T& kept, Result<T> read) {
  if (!read) return tl::unexpected(read.error());
  kept = *std::move(read);
  return {};
}

Result<std::string> expiry(std::string_view key, std::string_view value) {
  if (value == "own" || value == "absent") return std::string{value};
  if (auto read = parse_json_scalar(value)) return read;
  return wrong(key, value, "own, absent, or a number, text, true, false or null in JSON");
}

Result<void> set_acceptance(Faults& faults, std::string_view key, std::string_view value) {
  faults.drift.acceptance.reset();
  if (value == "own") return {};
  faults.drift.acceptance = TRY(number(key, value, 0, 1));
  return {};
}

// How each is set and told. Of a server what is told is its state: `reset` and `forget` are over.
struct Fault {
  std::string_view key;
  Result<void> (*set)(Faults&, std::string_view key, std::string_view value);
  FaultValue (*get)(const Faults&);
};

using Text = std::string_view;

constexpr std::array faults_by_key = {
    Fault{"statserver_primary",
          [](Faults& f, Text key, Text value) { return set_server(f.primary, key, value); },
          [](const Faults& f) -> FaultValue { return std::string{to_string(f.primary.state)}; }},
    Fault{"statserver_backup",
          [](Faults& f, Text key, Text value) { return set_server(f.backup, key, value); },
          [](const Faults& f) -> FaultValue { return std::string{to_string(f.backup.state)}; }},
    Fault{"statserver_primary_lag",
          [](Faults& f, Text key, Text value) {
            return keep(f.primary.lag, length(key, value, 5min));
          },
          [](const Faults& f) -> FaultValue { return format_duration(f.primary.lag); }},
    Fault{"statserver_backup_lag",
          [](Faults& f, Text key, Text value) {
            return keep(f.backup.lag, length(key, value, 5min));
          },
          [](const Faults& f) -> FaultValue { return format_duration(f.backup.lag); }},
    Fault{"statserver_hidden",
          [](Faults& f, Text key, Text value) { return keep(f.hidden, hidden_ids(key, value)); },
          [](const Faults& f) -> FaultValue { return f.hidden; }},
    Fault{
        "push_delay",
        [](Faults& f, Text key, Text value) { return keep(f.push_delay, length(key, value, 60s)); },
        [](const Faults& f) -> FaultValue { return format_duration(f.push_delay); }},
    Fault{"push_disorder",
          [](Faults& f, Text key, Text value) {
            return keep(f.push_disorder, number(key, value, 0, 1));
          },
          [](const Faults& f) -> FaultValue { return f.push_disorder; }},
    Fault{"sticky_cookie",
          [](Faults& f, Text key, Text value) {
            return keep(f.sticky_cookie, one_of<bool>(switch_words, key, value));
          },
          [](const Faults& f) -> FaultValue { return std::string{switch_words[f.sticky_cookie]}; }},
    Fault{"endpoint",
          [](Faults& f, Text key, Text value) {
            return keep(f.endpoint, one_of<EndpointFault>(endpoint_words, key, value));
          },
          [](const Faults& f) -> FaultValue { return std::string{to_string(f.endpoint)}; }},
    Fault{"endpoint_answer",
          [](Faults& f, Text key, Text value) {
            return keep(f.endpoint_answer, fixed_answer(key, value));
          },
          [](const Faults& f) -> FaultValue { return f.endpoint_answer; }},
    Fault{"endpoint_delay",
          [](Faults& f, Text key, Text value) {
            return keep(f.endpoint_delay, length(key, value, 60s));
          },
          [](const Faults& f) -> FaultValue { return format_duration(f.endpoint_delay); }},
    Fault{"retry_after",
          [](Faults& f, Text key, Text value) {
            return keep(f.retry_after, length(key, value, 600s));
          },
          [](const Faults& f) -> FaultValue { return format_duration(f.retry_after); }},
    Fault{
        "retry_after_form",
        [](Faults& f, Text key, Text value) {
          return keep(f.retry_after_date, one_of<bool>(form_words, key, value));
        },
        [](const Faults& f) -> FaultValue { return std::string{form_words[f.retry_after_date]}; }},
    Fault{"token",
          [](Faults& f, Text key, Text value) {
            return keep(f.token, one_of<TokenFault>(token_words, key, value));
          },
          [](const Faults& f) -> FaultValue { return std::string{to_string(f.token)}; }},
    Fault{"token_answer",
          [](Faults& f, Text key, Text value) {
            return keep(f.token_answer, fixed_answer(key, value));
          },
          [](const Faults& f) -> FaultValue { return f.token_answer; }},
    Fault{"token_expires_in",
          [](Faults& f, Text key, Text value) {
            return keep(f.token_expires_in, expiry(key, value));
          },
          [](const Faults& f) -> FaultValue { return f.token_expires_in; }},
    Fault{"staffing",
          [](Faults& f, Text key, Text value) {
            return keep(f.drift.staffing, number(key, value, 0, 10));
          },
          [](const Faults& f) -> FaultValue { return f.drift.staffing; }},
    Fault{"arrivals",
          [](Faults& f, Text key, Text value) {
            return keep(f.drift.arrivals, number(key, value, 0, 100));
          },
          [](const Faults& f) -> FaultValue { return f.drift.arrivals; }},
    Fault{"service",
          [](Faults& f, Text key, Text value) {
            return keep(f.drift.service, number(key, value, 0.01, 100));
          },
          [](const Faults& f) -> FaultValue { return f.drift.service; }},
    Fault{"acceptance", set_acceptance,
          [](const Faults& f) -> FaultValue {
            if (f.drift.acceptance) return *f.drift.acceptance;
            return "own";
          }},
};

constexpr auto keys = [] {
  std::array<std::string_view, faults_by_key.size()> all;
  std::ranges::transform(faults_by_key, all.begin(), &Fault::key);
  return all;
}();

const Fault* find(std::string_view key) {
  const auto found = std::ranges::find(faults_by_key, key, &Fault::key);
  return found == faults_by_key.end() ? nullptr : &*found;
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
  const Fault* fault = find(key);
  if (!fault) return fail(Errc::not_found, "no fault is called " + std::string{key});
  if (auto set = fault->set(faults, key, value); !set) return tl::unexpected(set.error());
  return faults;
}

FaultValue fault_value(const Faults& faults, std::string_view key) {
  const Fault* fault = find(key);
  CHECK(fault);
  return fault->get(faults);
}

}  // namespace paceline::simulator
