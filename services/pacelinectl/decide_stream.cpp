#include "services/pacelinectl/decide_stream.h"

#include <fmt/format.h>

#include <charconv>
#include <concepts>

#include "common/base/hash.h"
#include "services/pacer/explain.h"

namespace paceline::pacelinectl {
namespace {

constexpr double pool_period_s = 30;  // As the pacer's shell has it.

/// Members of one JSON object after another, appended to a buffer that is reused.
class Members {
 public:
  explicit Members(std::string& out) : out_{out} { out_ += '{'; }

  void add(std::string_view name, double value) {
    begin(name);
    number(value);
  }
  void add(std::string_view name, std::integral auto value) {
    begin(name);
    number(value);
  }
  void add(std::string_view name, std::string_view text) {
    begin(name);
    quote(text);
  }
  void open(std::string_view name) {
    begin(name);
    out_ += '{';
    first_ = true;
  }
  void close() {
    out_ += '}';
    first_ = false;
  }

 private:
  void begin(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }

  void number(auto value) {
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out_.append(digits.data(), end);
  }

  void quote(std::string_view text) {
    out_ += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') out_ += '\\';
      if (static_cast<unsigned char>(c) < 0x20)
        out_ += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
      else
        out_ += c;
    }
    out_ += '"';
  }

  std::string& out_;
  bool first_ = true;
};

void add_explanation(Members& out, const pacer::DecisionExplanation& why) {
  out.open("explanation");
  out.add("information", to_string(why.information));
  for (const auto& each : pacer::explained_members)
    out.add(each.name.field().name, why.*each.member);
  out.close();
}

void add_pool(Members& out, const pacer::DecisionExplanation& why, std::string_view goal_of) {
  out.open("pool");
  for (const auto& each : pacer::explained_pool_members)
    out.add(each.name.field().name, why.*each.member);
  if (!goal_of.empty()) out.add("goal_of", goal_of);
  out.close();
}

}  // namespace

SplitMix64 decide_draws(std::uint64_t seed, std::string_view target) {
  return SplitMix64{fnv1a(target) ^ (seed * 0x9e3779b97f4a7c15ull)};
}

std::string_view DecideStream::answer(std::string_view text) {
  ++lines_;
  if (!reader_.read(text)) return refuse(reader_.mistake(), reader_.line().target);
  const DecideLine& line = reader_.line();
  if (line.is_membership) return enlist(line);
  auto known = targets_.find(line.target);
  const bool is_new = known == targets_.end();
  if (is_new && targets_.size() >= most_decide_targets)
    return refuse({.key = "target",
                   .value = "",
                   .what = fmt::format("target: more than {} targets", most_decide_targets)},
                  line.target);
  if (!is_new && line.time_s < known->second.time_s)
    return refuse({.key = "time_s",
                   .value = fmt::format("{}", line.time_s),
                   .what = fmt::format("time_s = {}: before {}, where this target has been already",
                                       line.time_s, known->second.time_s)},
                  line.target);
  if (!line.pool.empty())
    if (const std::string why = shared_.join(line.target, line.pool); !why.empty())
      return refuse({.key = "pool",
                     .value = std::string{line.pool},
                     .what = fmt::format("pool = {}: {}", line.pool, why)},
                    line.target);
  if (is_new)
    known = targets_
                .emplace(std::string{line.target},
                         Target{.pacing = pacer::TargetPacing{settings_.tuning},
                                .options = settings_.options,
                                .draws = decide_draws(settings_.seed, line.target),
                                .channel = channel_of(line.channel),
                                .time_s = line.time_s})
                .first;
  Target& target = known->second;
  target.time_s = line.time_s;
  if (!line.channel.empty()) target.channel = channel_of(line.channel);
  reader_.apply_options(target.options);
  std::string goal_of;
  const pacer::Decision decision = decide(target, line, goal_of);
  pool(line.time_s);
  write(line, decision, goal_of);
  return out_;
}

// Of a target that shares agents, with what the others claim of them now.
pacer::Decision DecideStream::decide(Target& target, const DecideLine& line, std::string& goal_of) {
  const double uniform = target.draws.uniform();
  const auto place = shared_.place_of(line.target);
  if (!place)
    return target.pacing.decide(line.inputs, target.options, pools_[target.channel], uniform,
                                line.time_s);
  pacer::PoolView& view = *place->view;
  view.set_options(place->member, target.options);
  view.see(place->member, line.inputs, line.time_s);
  view.line(line.time_s);
  const pacer::Decision decision = target.pacing.decide(
      view.view_in_stream(place->member, line.time_s), view.options(place->member),
      pools_[target.channel], uniform, line.time_s);
  view.decided(place->member, decision, line.time_s);
  if (const auto other = view.goal_of(place->member)) goal_of = (*place->names)[*other];
  return decision;
}

std::string_view DecideStream::enlist(const DecideLine& line) {
  if (const auto wrong = shared_.enlist(line.membership))
    return refuse({.key = "membership." + wrong->first,
                   .value = "",
                   .what = fmt::format("membership.{}: {}", wrong->first, wrong->second)},
                  {});
  out_.clear();
  Members out{out_};
  out.add("line", lines_);
  out.add("agents", shared_.agents());
  out.close();
  return out_;
}

std::string_view DecideStream::refuse_long() {
  ++lines_;
  return refuse(
      {.key = "", .value = "", .what = fmt::format("longer than {} bytes", longest_decide_line)},
      {});
}

std::string_view DecideStream::refuse(const LineMistake& mistake, std::string_view target) {
  ++refused_;
  out_.clear();
  Members out{out_};
  out.add("line", lines_);
  if (!target.empty()) out.add("target", target);
  out.open("error");
  out.add("key", std::string_view{mistake.key});
  out.add("value", std::string_view{mistake.value});
  out.add("message", fmt::format("line {}: {}", lines_, mistake.what));
  out.close();
  out.close();
  return out_;
}

std::uint32_t DecideStream::channel_of(std::string_view name) {
  const auto known = channels_.find(name);
  if (known != channels_.end()) return known->second;
  const auto fresh = static_cast<std::uint32_t>(pools_.size());
  pools_.emplace_back();
  channels_.emplace(std::string{name}, fresh);
  return fresh;
}

// What the targets of a channel know together, by the time of the stream.
void DecideStream::pool(double now_s) {
  if (!pooled_) pooled_s_ = now_s;
  pooled_ = true;
  if (now_s < pooled_s_ + pool_period_s) return;
  pooled_s_ = now_s;
  for (auto& pool : pools_) pool = {};
  for (const auto& [id, target] : targets_) pools_[target.channel].add(target.pacing.learned());
}

void DecideStream::write(const DecideLine& line, const pacer::Decision& d,
                         std::string_view goal_of) {
  out_.clear();
  Members out{out_};
  out.add("line", lines_);
  out.add("target", line.target);
  out.add("time_s", line.time_s);
  out.add("state", std::string_view{to_string(d.state)});
  out.add("reason", std::string_view{to_string(d.reason)});
  out.add("invitations", d.invitations);
  out.add("m", d.m);
  out.add("max_pending", d.max_pending);
  out.add("reactive", d.reactive);
  out.add("reactive_state", d.reactive_state);
  out.add("reactive_demand", d.reactive_demand);
  out.add("predicted_wait_s", d.predicted_wait_s);
  if (!settings_.brief) {
    add_explanation(out, d.explanation);
    if (d.explanation.pool_members > 0) add_pool(out, d.explanation, goal_of);
  }
  out.close();
}

}  // namespace paceline::pacelinectl
