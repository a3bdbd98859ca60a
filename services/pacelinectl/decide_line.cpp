#include "services/pacelinectl/decide_line.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <vector>

#include "common/base/check.h"

namespace paceline::pacelinectl {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t most_value_bytes = 80;
constexpr double most_slots = 20'000;
constexpr double most_pending = 1e6;
constexpr double most_seconds = 1e9;
constexpr double most_counter = 9e15;
constexpr std::size_t longest_name = 256;
// Keys that lines had once; the pipeline never knew these times, so nobody is to be paced by them.
constexpr std::string_view no_start_times =
    "start times are no longer used: ends are foreseen from the counts; leave it out";

constexpr std::array<std::string_view, 7> line_keys{"target",     "time_s",   "channel", "options",
                                                    "statistics", "feedback", "pool"};
constexpr std::array<std::string_view, 15> statistics_keys{
    "logged_in", "slots",   "idle",     "busy",           "wrap_up",
    "queue",     "entered", "answered", "abandoned",      "handling_time_s",
    "age_s",     "quality", "epoch",    "busy_elapsed_s", "wrap_up_elapsed_s"};
constexpr std::array<std::string_view, 9> feedback_keys{"sent",      "accepted", "rejected",
                                                        "timed_out", "answered", "abandoned",
                                                        "pending",   "age_s",    "epoch"};
constexpr unsigned least_of_line = 0b010011;        // target, time_s, statistics
constexpr unsigned least_of_statistics = 0b101101;  // logged_in, idle, busy, queue
constexpr unsigned least_of_feedback = 0b1111111;   // All but age_s and epoch.

/// The first `most` bytes at most, and no half of a character.
std::string_view cut(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
  return text.substr(0, most);
}

std::string shown(const dom::element& value) {
  const std::string text = simdjson::minify(value);
  std::string begin{cut(text, most_value_bytes)};
  return begin.size() < text.size() ? begin + "..." : begin;
}

/// Takes values out of one line; the first mistake stops it.
class Taker {
 public:
  explicit Taker(LineMistake& mistake) : mistake_{mistake} {}

  bool wrong(std::string key, std::string value, std::string_view why) {
    mistake_.what = value.empty() ? fmt::format("{}: {}", key, why)
                                  : fmt::format("{} = {}: {}", key, value, why);
    mistake_.key = std::move(key);
    mistake_.value = std::move(value);
    return false;
  }

  bool real(std::string_view path, std::string_view key, const dom::element& from, double low,
            double high, double& into) {
    double value = 0;
    if (from.get(value) != simdjson::SUCCESS)
      return wrong(name(path, key), shown(from), "not a number");
    if (!(value >= low && value <= high))
      return wrong(name(path, key), shown(from), fmt::format("not in {}..{}", low, high));
    into = value;
    return true;
  }

  template <class Whole>
  bool whole(std::string_view path, std::string_view key, const dom::element& from, double low,
             double high, Whole& into) {
    double value = 0;
    if (!real(path, key, from, low, high, value)) return false;
    if (value != std::floor(value))
      return wrong(name(path, key), shown(from), "not a whole number");
    into = static_cast<Whole>(value);
    return true;
  }

  bool text(std::string_view path, std::string_view key, const dom::element& from,
            std::string_view& into) {
    std::string_view value;
    if (from.get(value) != simdjson::SUCCESS)
      return wrong(name(path, key), shown(from), "not a text");
    if (value.empty() || value.size() > longest_name)
      return wrong(name(path, key), shown(from),
                   fmt::format("not 1 to {} bytes long", longest_name));
    into = value;
    return true;
  }

  /// Each member by its place in `keys`; unknown ones,
  /// doubles and absent ones of `least` are mistakes.
  ///   given    a bit for each key that is there
  template <class Take>
  bool members(std::string_view path, const dom::element& from,
               std::span<const std::string_view> keys, unsigned least, unsigned& given, Take take) {
    dom::object object;
    if (from.get(object) != simdjson::SUCCESS)
      return path.empty() ? wrong("", shown(from), "not a JSON object")
                          : wrong(std::string{path}, shown(from), "not an object");
    given = 0;
    for (const auto& [key, value] : object) {
      const auto at =
          static_cast<std::size_t>(std::find(keys.begin(), keys.end(), key) - keys.begin());
      if (at == keys.size()) return wrong(name(path, key), shown(value), "no such key");
      const unsigned bit = 1u << at;
      if (given & bit) return wrong(name(path, key), shown(value), "given twice");
      given |= bit;
      if (!take(at, keys[at], value)) return false;
    }
    for (std::size_t at = 0; at < keys.size(); ++at)
      if ((least & ~given) & (1u << at)) return wrong(name(path, keys[at]), "", "missing");
    return true;
  }

 private:
  static std::string name(std::string_view path, std::string_view key) {
    std::string whole{path};
    if (!path.empty()) whole += '.';
    whole += cut(key, longest_name);
    return whole;
  }

  LineMistake& mistake_;
};

bool take_quality(Taker& taker, const dom::element& from, StatQuality& into) {
  std::string_view word;
  if (!taker.text("statistics", "quality", from, word)) return false;
  for (const StatQuality quality : {StatQuality::good, StatQuality::provisional, StatQuality::stale,
                                    StatQuality::not_visible}) {
    if (word != to_string(quality)) continue;
    into = quality;
    return true;
  }
  return taker.wrong("statistics.quality", shown(from),
                     "none of good, provisional, stale, not_visible");
}

bool take_statistics(Taker& t, const dom::element& from, pacer::PacingInputs& in) {
  constexpr std::string_view path = "statistics";
  unsigned given = 0;
  return t.members(path, from, statistics_keys, least_of_statistics, given,
                   [&](std::size_t at, std::string_view key, const dom::element& value) {
                     const auto count = [&](std::int32_t& into) {
                       return t.whole(path, key, value, 0, most_slots, into);
                     };
                     const auto counter = [&](std::uint64_t& into) {
                       return t.whole(path, key, value, 0, most_counter, into);
                     };
                     switch (at) {
                       case 0:
                         return count(in.logged_in);
                       case 1:
                         return count(in.slots);
                       case 2:
                         return count(in.idle);
                       case 3:
                         return count(in.busy);
                       case 4:
                         return count(in.wrap_up);
                       case 5:
                         return count(in.queue);
                       case 6:
                         return counter(in.entered);
                       case 7:
                         return counter(in.answered);
                       case 8:
                         return counter(in.abandoned);
                       case 9:
                         return t.real(path, key, value, 0, most_seconds, in.handling_time_s);
                       case 10:
                         return t.real(path, key, value, 0, most_seconds, in.stat_age_s);
                       case 11:
                         return take_quality(t, value, in.quality);
                       case 12:
                         return counter(in.stat_epoch);
                       default:
                         return t.wrong(fmt::format("{}.{}", path, key), "", no_start_times);
                     }
                   });
}

bool take_feedback(Taker& t, const dom::element& from, pacer::PacingInputs& in) {
  constexpr std::string_view path = "feedback";
  unsigned given = 0;
  in.feedback_age_s = 0;
  auto& fate = in.proactive;
  return t.members(path, from, feedback_keys, least_of_feedback, given,
                   [&](std::size_t at, std::string_view key, const dom::element& value) {
                     const std::array<std::uint64_t*, 6> counters{&fate.sent,     &fate.accepted,
                                                                  &fate.rejected, &fate.timed_out,
                                                                  &fate.answered, &fate.abandoned};
                     if (at < counters.size())
                       return t.whole(path, key, value, 0, most_counter, *counters[at]);
                     if (at == 6) return t.whole(path, key, value, 0, most_pending, fate.pending);
                     if (at == 7)
                       return t.real(path, key, value, 0, most_seconds, in.feedback_age_s);
                     return t.whole(path, key, value, 0, most_counter, in.feedback_epoch);
                   });
}

std::string_view not_of_kind(PacingOption::Kind kind) {
  switch (kind) {
    case PacingOption::Kind::word:
      return "not a text";
    case PacingOption::Kind::integer:
      return "not a number";
    case PacingOption::Kind::boolean:
      return "not true or false";
  }
  return "";
}

const std::vector<std::string_view>& option_keys() {
  static const std::vector<std::string_view> keys = [] {
    std::vector<std::string_view> names;
    for (const PacingOption& option : pacing_options()) names.push_back(option.name);
    return names;
  }();
  return keys;
}

bool take_options(Taker& t, const dom::element& from, PacingOptions& options, unsigned& given) {
  constexpr std::string_view path = "options";
  return t.members(
      path, from, option_keys(), 0, given,
      [&](std::size_t at, std::string_view key, const dom::element& value) {
        if (key == "refreshPeriod") {  // A number of seconds here.
          double period_s = 0;
          if (!t.real(path, key, value, 0.1, 60, period_s)) return false;
          options.refresh_period = from_seconds(period_s);
          return true;
        }
        const PacingOption& option = pacing_options()[at];
        if (value.is_string() != (option.kind == PacingOption::Kind::word) ||
            value.is_bool() != (option.kind == PacingOption::Kind::boolean))
          return t.wrong(fmt::format("{}.{}", path, key), shown(value), not_of_kind(option.kind));
        std::string_view word;
        const std::string text =
            value.get(word) == simdjson::SUCCESS ? std::string{word} : simdjson::minify(value);
        const auto set = option.set(options, text);
        return set.has_value() ||
               t.wrong(fmt::format("{}.{}", path, key), shown(value), set.error().detail);
      });
}

/// {"membership": {"agent": ["target", ...], ...}}
bool take_membership(Taker& t, const dom::element& from, DecideLine& line) {
  constexpr std::string_view path = "membership";
  line.is_membership = true;
  dom::object agents;
  if (from.get(agents) != simdjson::SUCCESS)
    return t.wrong(std::string{path}, shown(from), "not an object");
  for (const auto& [agent, value] : agents) {
    const std::string name = fmt::format("{}.{}", path, cut(agent, longest_name));
    dom::array targets;
    if (agent.empty() || agent.size() > longest_name)
      return t.wrong(name, shown(value), fmt::format("not 1 to {} bytes long", longest_name));
    if (value.get(targets) != simdjson::SUCCESS)
      return t.wrong(name, shown(value), "not a list of targets");
    auto& of = line.membership.emplace_back(std::string{agent}, std::vector<std::string>{}).second;
    for (const dom::element each : targets) {
      std::string_view target;
      if (!t.text(path, cut(agent, longest_name), each, target)) return false;
      of.emplace_back(target);
    }
  }
  return true;
}

}  // namespace

struct DecideLineReader::Json {
  dom::parser parser;
};

DecideLineReader::DecideLineReader() : json_{std::make_unique<Json>()} {
}
DecideLineReader::~DecideLineReader() = default;

bool DecideLineReader::read(std::string_view text) {
  mistake_ = {};
  line_ = {};
  line_.inputs.feedback_age_s = -1;
  options_given_ = 0;
  Taker taker{mistake_};
  dom::element root;
  const auto error = json_->parser.parse(text.data(), text.size()).get(root);
  if (error != simdjson::SUCCESS) {
    mistake_.what = fmt::format("not JSON: {}", simdjson::error_message(error));
    return false;
  }
  dom::object whole;
  dom::element membership;
  if (root.get(whole) == simdjson::SUCCESS && whole.size() == 1 &&
      whole["membership"].get(membership) == simdjson::SUCCESS)
    return take_membership(taker, membership, line_);
  unsigned given = 0;
  const bool good =
      taker.members("", root, line_keys, least_of_line, given,
                    [&](std::size_t at, std::string_view key, const dom::element& value) {
                      switch (at) {
                        case 0:
                          return taker.text("", key, value, line_.target);
                        case 1:
                          return taker.real("", key, value, -1e12, 1e12, line_.time_s);
                        case 2:
                          return taker.text("", key, value, line_.channel);
                        case 3:
                          return take_options(taker, value, line_.options, options_given_);
                        case 4:
                          return take_statistics(taker, value, line_.inputs);
                        case 6:
                          return taker.text("", key, value, line_.pool);
                        default:
                          return take_feedback(taker, value, line_.inputs);
                      }
                    });
  return good;
}

void DecideLineReader::apply_options(PacingOptions& options) const {
  for (unsigned at = 0; at < pacing_options().size(); ++at) {
    if ((options_given_ & (1u << at)) == 0) continue;
    const PacingOption& option = pacing_options()[at];
    const auto set = option.set(options, option.text(line_.options));
    CHECK(set.has_value());  // Written as it is read.
  }
}

}  // namespace paceline::pacelinectl
