#include "tests/support/catch.h"
// The rest after Catch: its CHECK is the one we mean.
#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <map>
#include <sstream>

#include "tests/elector/election_sim.h"
#include "tests/support/transcripts.h"

// Transcripts: what an operator would ask, played on the simulation. A script is a line "> COMMAND"
// each, followed by what happened until the next one. PACELINE_BLESS=1 writes what comes out.
//
//   > cluster NODES WITNESSES
//   > run 2s
//   > kill elector|publisher|node N
//   > start elector|publisher|node N
//   > pause elector|publisher|node N 3s
//   > cut|heal A B                             one direction
//   > isolate|rejoin N
//   > health N fit|stale_pace|cannot_reach
//   > hand over ASKED [TARGET]
//   > stop N
//   > lose memory N                            its term file
//   > rate N 1.01                              of its clock
namespace paceline::test {
using namespace elector;
namespace {

class Player {
 public:
  std::string play(const std::string& script) {
    std::istringstream lines{script};
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("#")) out_ << line << '\n';
      if (!line.starts_with("> ")) continue;
      out_ << line << '\n';
      std::istringstream words{line.substr(2)};
      std::vector<std::string> all{std::istream_iterator<std::string>{words}, {}};
      run(all);
    }
    return out_.str();
  }

 private:
  std::size_t node(const std::string& name) const {
    for (std::size_t i = 0; i < voters_.size(); ++i)
      if (voters_[i].name == name) return i;
    throw std::runtime_error{"no node " + name};
  }

  void run(const std::vector<std::string>& words) {
    const auto word = [&](std::size_t i) { return i < words.size() ? words[i] : std::string{}; };
    const auto each = [&](auto elector, auto publisher) {
      if (word(1) != "publisher") elector();
      if (word(1) != "elector") publisher();
    };
    const std::string verb = word(0);
    if (verb == "cluster") {
      const auto plan = ElectionSim::calm(7, std::stoi(word(1)), std::stoi(word(2)));
      voters_ = plan.policy.voters;
      sim_ = std::make_unique<ElectionSim>(plan);
      sim_->on_became = [this](std::size_t who, const Election::Became& became) {
        out_ << "  " << stamp() << ' ' << voters_[who].name << ' ' << to_string(became.role)
             << " term " << counter_of(became.term) << '.' << int{candidate_of(became.term)} << ": "
             << became.why << '\n';
      };
    } else if (verb == "run") {
      sim_->run_for(parse_duration(word(1)).value());
      const int who = sim_->publishing();
      out_ << "  = " << (who < 0 ? "nobody" : voters_[static_cast<std::size_t>(who)].name)
           << " may publish\n";
    } else if (verb == "kill") {
      each([&] { sim_->kill_elector(node(word(2))); },
           [&] { sim_->kill_publisher(node(word(2))); });
    } else if (verb == "start") {
      each([&] { sim_->start_elector(node(word(2))); },
           [&] { sim_->start_publisher(node(word(2))); });
    } else if (verb == "pause") {
      const Duration length = parse_duration(word(3)).value();
      each([&] { sim_->pause_elector(node(word(2)), length); },
           [&] { sim_->pause_publisher(node(word(2)), length); });
    } else if (verb == "cut" || verb == "heal") {
      sim_->cut(node(word(1)), node(word(2)), verb == "cut");
    } else if (verb == "isolate" || verb == "rejoin") {
      sim_->isolate(node(word(1)), verb == "isolate");
    } else if (verb == "health") {
      const std::map<std::string, Tier> tiers = {{"fit", Tier::fit},
                                                 {"stale_pace", Tier::stale_pace},
                                                 {"cannot_reach", Tier::cannot_publish}};
      sim_->set_tier(node(word(1)), tiers.at(word(2)));
    } else if (verb == "hand") {
      const auto done = sim_->hand_over(node(word(2)), word(3));
      if (!done) out_ << "  refused: " << done.error().detail << '\n';
    } else if (verb == "stop") {
      sim_->stop_elector(node(word(1)));
    } else if (verb == "lose") {
      sim_->lose_term(node(word(2)));
    } else if (verb == "rate") {
      sim_->set_rate(node(word(1)), std::stod(word(2)));
    } else {
      throw std::runtime_error{"no such command: " + verb};
    }
    if (!sim_->verdict().broken.empty()) out_ << "  BROKEN: " << sim_->verdict().broken << '\n';
  }

  std::string stamp() const {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(sim_->now()).count();
    return std::to_string(ms / 1000) + "." + std::to_string(1000 + ms % 1000).substr(1);
  }

  std::ostringstream out_;
  std::vector<Voter> voters_;
  std::unique_ptr<ElectionSim> sim_;
};

}  // namespace

TEST_CASE("the transcripts of the election come out as written", "[elector]") {
  check_transcripts(
      "tests/elector/scripts", 20,
      [](const std::string& script) {
        std::string played = Player{}.play(script);
        CHECK(played.find("BROKEN") == std::string::npos);
        return played;
      },
      std::equal_to<>{});
}

}  // namespace paceline::test
