// Transcripts: what the engine decides for a small contact centre in closed loop, figure by figure.
// A script is lines "> COMMAND", each followed by what came of it. PACELINE_BLESS=1 writes what
// comes out; the difference is what a change does.
//
//   > centre KEY=VALUE...       agents, slots_each, acceptance, delay_s, service_s, wrap_up_s,
//                               patience_s, reactive_rate (small_centre.h)
//   > tuning KEY=VALUE...       window_s, warm_up_answers, sends_after_decision, closed_loop, ...
//   > target KEY=VALUE...       goal, ratio, algorithm, ... (what_if.h)
//   > source KEY=VALUE...       lag_s [even], counters, handling_time_s, feedback_age_s, quality
//   > restart statistics|endpoint
//   > pool SHARE                what the other targets know: so much of what this one does
//   > skip SECONDS              nobody decides
//   > take over SECONDS         another engine goes on, by a checkpoint so old
//   > run SECONDS               prints how often each reason was given, and the mean of each figure
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <deque>
#include <iterator>
#include <map>
#include <sstream>

#include <fmt/format.h>

#include "services/pacer/checkpoint.h"
#include "services/pacer/explain.h"
#include "services/pacer/what_if.h"
#include "tests/pacer/small_centre.h"
#include "tests/support/transcripts.h"

namespace paceline::test {
namespace {

constexpr double refresh_s = 2;

class Player {
 public:
  std::string play(const std::string& script) {
    std::istringstream lines{script};
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("#")) out_ += line + '\n';
      if (!line.starts_with("> ")) continue;
      out_ += line + '\n';
      std::istringstream words{line.substr(2)};
      const std::vector<std::string> all{std::istream_iterator<std::string>{words}, {}};
      obey(all.at(0), all.at(1), {all.begin() + 1, all.end()});
    }
    return out_;
  }

 private:
  void obey(const std::string& verb, const std::string& first,
            const std::vector<std::string>& words) {
    if (verb == "centre") {
      set(words, {{"acceptance", &centre_.acceptance},
                  {"delay_s", &centre_.delay_s},
                  {"service_s", &centre_.service_s},
                  {"wrap_up_s", &centre_.wrap_up_s},
                  {"patience_s", &centre_.patience_s},
                  {"reactive_rate", &centre_.reactive_rate},
                  {"agents", &agents_},
                  {"slots_each", &slots_each_}});
      centre_.agents = static_cast<int>(agents_);
      centre_.slots_each = static_cast<int>(slots_each_);
    } else if (verb == "tuning") {
      set(words, {{"window_s", &tuning_.window_s},
                  {"window_begins_s", &tuning_.window_begins_s},
                  {"warm_up_answers", &warm_up_},
                  {"sends_after_decision", &sends_after_},
                  {"closed_loop", &closed_loop_},
                  {"budget_guard", &budget_guard_},
                  {"reactive_goal_percent", &tuning_.reactive_goal_percent},
                  {"ceiling_per_slot", &tuning_.ceiling_per_slot}});
      tuning_.warm_up_answers = static_cast<int>(warm_up_);
      tuning_.sends_after_decision = sends_after_ > 0;
      tuning_.closed_loop = closed_loop_ > 0;
      tuning_.budget_guard = budget_guard_ > 0;
      pacing_ = TargetPacing{tuning_};
    } else if (verb == "target") {
      options_ = what_if({}, options_, words).value().options;
    } else if (verb == "source") {
      set(words, {{"lag_s", &lag_s_},
                  {"counters", &counters_},
                  {"handling_time_s", &handling_time_s_},
                  {"feedback_age_s", &feedback_age_s_},
                  {"quality", &quality_}});
    } else if (verb == "restart") {
      (first == "statistics" ? restart_statistics() : restart_endpoint());
    } else if (verb == "pool") {
      pool_share_ = std::stod(first);
    } else if (verb == "skip") {
      for (double left = std::stod(first); left > 0; --left) centre_.step();
    } else if (verb == "take") {
      take_over(std::stod(words.at(1)));
    } else if (verb == "run") {
      run(std::stod(first));
    } else {
      throw std::runtime_error{"no such command: " + verb};
    }
  }

  static void set(const std::vector<std::string>& words,
                  const std::map<std::string, double*>& values) {
    for (const auto& word : words) {
      const auto equals = word.find('=');
      *values.at(word.substr(0, equals)) = std::stod(word.substr(equals + 1));
    }
  }

  void restart_statistics() {
    ++centre_.counted.stat_epoch;
    centre_.counted.entered = centre_.counted.answered = centre_.counted.abandoned = 0;
  }

  void restart_endpoint() {
    ++centre_.counted.feedback_epoch;
    centre_.counted.proactive = {};
  }

  void take_over(double age_s) {
    const auto kept = encode_checkpoint({.saved = {}, .targets = {{"t", pacing_.learned()}}});
    pacing_ = TargetPacing{tuning_};
    pacing_.restore(decode_checkpoint(kept).value().targets.at(0).second, age_s);
  }

  // Statistics as they were `lag_s` ago, feedback of now.
  PacingInputs seen() {
    seen_.push_back(centre_.inputs());
    if (static_cast<double>(seen_.size()) > lag_s_ / refresh_s + 1) seen_.pop_front();
    PacingInputs in = seen_.front();
    in.stat_age_s = lag_s_;
    in.quality = static_cast<StatQuality>(static_cast<int>(quality_));
    in.handling_time_s = handling_time_s_;
    in.proactive = seen_.back().proactive;
    in.feedback_epoch = seen_.back().feedback_epoch;
    in.feedback_age_s = feedback_age_s_;
    if (counters_ < 2) in.entered = 0;
    if (counters_ < 1) in.answered = 0;
    return in;
  }

  void run(double seconds) {
    std::map<std::string, int> reasons;
    std::vector<double> sums;
    int decisions = 0;
    for (const double until_s = centre_.now_s + seconds; centre_.now_s < until_s; ++decisions) {
      ChannelPool pool;
      Learned others = pacing_.learned();
      others.accepted *= pool_share_ / 2;  // They differ in this.
      if (pool_share_ > 0) pool.add(others);
      const Decision d =
          pacing_.decide(seen(), options_, pool, centre_.random.uniform(), centre_.now_s);
      ++reasons[fmt::format("{}/{}", to_string(d.state), to_string(d.reason))];
      add(d, sums);
      centre_.invite(d.invitations);
      for (double left = refresh_s; left > 0; --left) centre_.step();
    }
    for (const auto& [reason, times] : reasons) out_ += fmt::format("  {} {}\n", reason, times);
    for (std::size_t i = 0; i < sums.size(); ++i)
      out_ += fmt::format("  {} {:.9g}{}", names_[i], sums[i] / decisions,
                          i % 4 == 3 || i + 1 == sums.size() ? "\n" : "");
  }

  void add(const Decision& d, std::vector<double>& sums) {
    std::vector<std::pair<std::string_view, double>> all = {
        {"m", d.m},
        {"max_pending", d.max_pending},
        {"invitations", d.invitations},
        {"reactive", d.reactive},
        {"reactive_state", d.reactive_state},
        {"reactive_demand", d.reactive_demand},
        {"predicted_wait_s", d.predicted_wait_s},
        {"information", static_cast<double>(d.explanation.information)}};
    for (const auto& each : explained_members)
      if (each.member != &DecisionExplanation::hidden_lag_s)  // hidden_lag_test has it.
        all.emplace_back(each.name.field().name, d.explanation.*each.member);
    sums.resize(all.size());
    names_.clear();
    for (std::size_t i = 0; i < all.size(); ++i) {
      names_.push_back(all[i].first);
      sums[i] += all[i].second;
    }
  }

  std::string out_;
  SmallCentre centre_;
  PacingTuning tuning_;
  PacingOptions options_;
  TargetPacing pacing_;
  std::deque<PacingInputs> seen_;
  std::vector<std::string_view> names_;
  double pool_share_ = 0;
  double agents_ = 10;
  double slots_each_ = 1;
  double warm_up_ = 20;
  double sends_after_ = 1;
  double closed_loop_ = 1;
  double budget_guard_ = 1;
  double lag_s_ = 0;
  double counters_ = 2;  // 2: all; 1: not who entered; 0: nor who was answered.
  double handling_time_s_ = 0;
  double feedback_age_s_ = 0;
  double quality_ = static_cast<double>(StatQuality::good);
};

// Numbers may differ by what mathematical libraries do; all other words may not.
bool is_same(const std::string& one, const std::string& other) {
  std::istringstream left{one};
  std::istringstream right{other};
  std::string a;
  std::string b;
  while (left >> a) {
    if (!(right >> b)) return false;
    if (a == b) continue;
    char* end_a = nullptr;
    char* end_b = nullptr;
    const double x = std::strtod(a.c_str(), &end_a);
    const double y = std::strtod(b.c_str(), &end_b);
    const bool numbers = *end_a == '\0' && *end_b == '\0';
    if (!numbers || std::abs(x - y) > 1e-9 + 1e-7 * std::abs(x)) return false;
  }
  return !(right >> b);
}

}  // namespace

TEST_CASE("the transcripts of the engine come out as written", "[pacer]") {
  check_transcripts(
      "tests/pacer/transcripts", 10,
      [](const std::string& script) { return Player{}.play(script); }, is_same);
}

}  // namespace paceline::test
