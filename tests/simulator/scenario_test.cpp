#include "services/simulator/scenario.h"

#include <rapidcheck.h>

#include <algorithm>
#include <map>

#include "services/simulator/faults.h"
#include "services/simulator/gzip.h"
#include "services/simulator/headless.h"
#include "services/simulator/options.h"
#include "tests/support/catch.h"
#include "topology/targets.h"

namespace paceline::test {
using namespace simulator;
namespace {

const std::string good = R"(start = "9h"
seed = 4
[engagement]
client_id = "me"
token_life = "600s"
[[group]]
name = "chat"
targets = 3
size = 2
agents = "10"
arrivals_per_hour = "0 0 0 0 0 0 0 0 9 9 9 9 9 9 9 9 9 9 0 0 0 0 0 0"
service_mean = "240s"
service_cv = 1.0
[[group]]
name = "callback"
channel = "callback"
agents = "5"
arrivals_per_hour = "0"
slots = 3
[[fault]]
at = "20m"
statserver_primary = "up"
[[fault]]
at = "10m"
statserver_primary = "down"
acceptance = "0.1"
)";

}  // namespace

TEST_CASE("a scenario is read with its groups and faults in time order", "[simulator]") {
  const auto scenario = parse_scenario(good, "day.toml");

  REQUIRE(scenario);
  CHECK(scenario->start == 9h);
  CHECK(scenario->endpoint.client_id == "me");
  REQUIRE(scenario->groups.size() == 2);
  CHECK(scenario->groups[0].kind.service == Distribution{Shape::lognormal, 240, 1});
  CHECK(scenario->groups[0].kind.arrivals_per_hour[8] == 9);
  CHECK(scenario->groups[1].kind.slots == 3);
  REQUIRE(scenario->faults.size() == 2);
  CHECK(scenario->faults[0].at == 10min);
  CHECK(scenario->faults[0].settings.size() == 2);
}

TEST_CASE("a mistake in a scenario is named with its line", "[simulator]") {
  const auto [text, why] = GENERATE(table<std::string, std::string>(
      {{"[[group]]\nname = \"x\"\nagents = \"1 2\"\n", "day.toml:3:10: "},
       {"[[group]]\nname = \"x\"\nagents = \"many\"\n", "day.toml:3:10: "},
       {"[[group]]\nname = \"x\"\nagents = \"1\"\narrivals_per_hour = \"-1\"\n", "day.toml:4:21: "},
       {"[[group]]\nname = \"x\"\nagents = \"1\"\narrivals_per_hour = \"1\"\npatience = \"1s\"\n",
        "day.toml:5:"},
       {"[[fault]]\nat = \"1m\"\nendpoint = \"418\"\n", "day.toml:3:12: "},
       {"seed = -1\n", "day.toml:1:8: "},
       {"start = \"24h\"\n", "day.toml:1:9: "}}));

  const auto scenario = parse_scenario(text, "day.toml");

  REQUIRE_FALSE(scenario);
  CAPTURE(scenario.error().detail);
  CHECK(scenario.error().detail.starts_with(why));
}

TEST_CASE("any bytes give a scenario or an error", "[simulator][property]") {
  REQUIRE(rc::check([](const std::string& bytes) {
    (void)parse_scenario(bytes, "x");
    auto broken = good;
    broken[*rc::gen::inRange<std::size_t>(0, broken.size())] = *rc::gen::arbitrary<char>();
    if (const auto scenario = parse_scenario(broken, "x")) RC_ASSERT(scenario->groups.size() >= 1u);
  }));
}

TEST_CASE("kinds are mixed in the proportion of the scenario, whatever the number", "[simulator]") {
  const auto targets = GENERATE(std::size_t{0}, std::size_t{50}, std::size_t{500});

  const auto model = model_of(busy_day(), targets);

  const auto count = static_cast<double>(model.targets.size());
  CHECK(model.targets.size() == (targets == 0 ? 50 : targets));
  std::vector<double> of_kind(model.kinds.size(), 0);
  for (const auto& target : model.targets) ++of_kind[target.kind];
  CHECK(of_kind[0] == Approx(count * 0.3).margin(1));
  CHECK(of_kind[4] == Approx(count * 0.1).margin(1));
}

TEST_CASE("target names have as many digits as the last one needs", "[simulator]") {
  CHECK(model_of(busy_day(), 50).targets[7].id == "t07");
  CHECK(model_of(busy_day(), 100).targets[99].group == "group-99");
  CHECK(model_of(busy_day(), 10'000).targets[12].queue == "queue-0012");
}

TEST_CASE("targets of a kind share a group as the scenario says", "[simulator]") {
  const auto scenario = parse_scenario(
      "[[group]]\nname = \"a\"\nagents = \"4\"\ntargets = 4\narrivals_per_hour = "
      "\"1\"\ntargets_per_group = 2\n"
      "[[group]]\nname = \"b\"\nagents = \"4\"\narrivals_per_hour = \"1\"\ntargets = 2\n",
      "day.toml");
  REQUIRE(scenario);
  std::map<std::string, std::vector<std::uint32_t>> kinds;  // By group.
  for (const auto& target : model_of(*scenario, 0).targets)
    kinds[target.group].push_back(target.kind);

  std::vector<std::vector<std::uint32_t>> groups;
  for (const auto& [group, of] : kinds) groups.push_back(of);
  std::ranges::sort(groups);
  CHECK(groups == std::vector<std::vector<std::uint32_t>>{{0, 0}, {0, 0}, {1}, {1}});
}

TEST_CASE("the targets file that is written is one that Paceline reads", "[simulator]") {
  const auto model = model_of(busy_day(), 50);

  const auto targets = parse_targets(targets_csv(model), "targets.csv");

  REQUIRE(targets);
  CHECK(targets->all.size() == 50);
  CHECK(targets->all[49].id == "t49");
  CHECK(targets->all[49].queue == "queue-49");
}

TEST_CASE("the busy day leaves the agents time that invitations can fill", "[simulator]") {
  Centre without{model_of(busy_day(), 50), 1};
  Centre with{model_of(busy_day(), 50), 1};

  run_headless(without, {}, 4h, false);
  run_headless(with, {}, 4h, true);

  double before = 0;
  double after = 0;
  for (std::uint32_t target = 0; target < 50; ++target) {
    before += without.counts(target).occupancy() / 50;
    after += with.counts(target).occupancy() / 50;
  }
  CHECK(before > 0.3);
  CHECK(before < 0.6);
  CHECK(after > before + 0.25);
}

TEST_CASE("faults are set by their words and refuse others", "[simulator]") {
  const auto down = with_fault({}, "statserver_primary", "down");
  REQUIRE(down);
  CHECK(down->primary.state == ServerFault::down);
  CHECK(with_fault({}, "statserver_backup", "reset")->backup.resets == 1);
  CHECK(with_fault({}, "statserver_backup", "429")->backup.state == ServerFault::too_many);
  CHECK(with_fault({}, "statserver_primary", "forget")->primary.forgets == 1);
  CHECK(with_fault({}, "statserver_backup_lag", "20s")->backup.lag == 20s);
  CHECK(with_fault({}, "statserver_hidden", "t00,t07")->hidden == "t00,t07");
  CHECK(with_fault({}, "push_disorder", "0.2")->push_disorder == 0.2);
  CHECK(with_fault({}, "endpoint", "429")->endpoint == EndpointFault::too_many);
  CHECK(with_fault({}, "push_delay", "3s")->push_delay == 3s);
  CHECK(with_fault({}, "acceptance", "0.5")->drift.acceptance == 0.5);

  CHECK(with_fault({}, "coffee", "out").error().code == Errc::not_found);
  CHECK_FALSE(with_fault({}, "endpoint", "420"));
  CHECK_FALSE(with_fault({}, "acceptance", "2"));
  CHECK_FALSE(with_fault({}, "staffing", "nan"));
  CHECK_FALSE(with_fault({}, "push_delay", "2m"));
  CHECK_FALSE(with_fault({}, "statserver_backup_lag", "6m"));
  CHECK_FALSE(with_fault({}, "statserver_primary", "500"));
}

TEST_CASE("any words are a fault or refused", "[simulator][property]") {
  REQUIRE(rc::check([](const std::string& value) {
    const auto keys = fault_keys();
    const auto key = keys[*rc::gen::inRange<std::size_t>(0, keys.size())];
    (void)with_fault({}, key, value);
  }));
}

TEST_CASE("gzip comes back, and broken or boundless streams are refused", "[simulator][property]") {
  REQUIRE(rc::check([](const std::string& text) {
    const auto packed = gzip(text);
    RC_ASSERT(gunzip(packed).value() == text);
    RC_ASSERT_FALSE(gunzip(packed.substr(0, packed.size() - 1)).has_value());
    (void)gunzip(text);
  }));

  const auto bomb = gunzip(gzip(std::string(1u << 20, 'x')), 1000);
  REQUIRE_FALSE(bomb);
  CHECK(bomb.error().code == Errc::too_large);
}

TEST_CASE("a zstd stream is bounded by what comes out of it", "[simulator]") {
  // A frame by hand (RFC 8878): a window of 2 MiB, and one block that repeats 'x' 2000 times.
  const std::string packed{"\x28\xb5\x2f\xfd\x00\x58\x83\x3e\x00x", 10};

  CHECK(unzstd(packed, 2000) == std::string(2000, 'x'));
  CHECK(unzstd(packed, 1999).error().code == Errc::too_large);
}

TEST_CASE("a headless centre follows its drifts at their times, and no other fault",
          "[simulator]") {
  const std::vector<TimedFault> faults{
      {.at = 1h, .settings = {{"acceptance", "0"}, {"endpoint", "down"}}}};
  Centre first_hour{model_of(busy_day(), 5), 1};
  Centre two_hours{model_of(busy_day(), 5), 1};

  run_headless(first_hour, faults, 1h, true);
  run_headless(two_hours, faults, 2h, true);

  std::uint64_t early = 0;
  std::uint64_t late = 0;
  std::uint64_t sent = 0;
  for (std::uint32_t target = 0; target < 5; ++target) {
    early += first_hour.latest_counts(target).accepted;
    late += two_hours.latest_counts(target).accepted;
    sent += two_hours.latest_counts(target).sent - first_hour.latest_counts(target).sent;
  }
  CHECK(early > 20);
  CHECK(late >= early);
  CHECK(late < early + 30);  // Of those that were out: whether they are accepted was drawn before.
  CHECK(sent > 100);
}

TEST_CASE("groups of the built-in day have 5 to 30 agents in its first hour", "[simulator]") {
  const Centre centre{model_of(busy_day(), 0), 1};

  for (std::uint32_t target = 0; target < centre.size(); ++target) {
    CHECK(centre.latest_counts(target).logged_in >= 5);
    CHECK(centre.latest_counts(target).logged_in <= 30);
  }
}

TEST_CASE("a command line beyond its bounds leaves with 78", "[simulator]") {
  const auto wrong =
      GENERATE(values<std::vector<const char*>>({{},
                                                 {"builtin", "--nonsense"},
                                                 {"builtin", "--day", "32"},
                                                 {"builtin", "--targets", "1000001"},
                                                 {"builtin", "--time-scale", "0.0009"},
                                                 {"builtin", "--time-scale", "1000.1"},
                                                 {"builtin", "--start", "24h"},
                                                 {"builtin", "--duration", "long"},
                                                 {"builtin", "--engagement-port", "65536"},
                                                 {"builtin", "--control-port", "-1"},
                                                 {"builtin", "--stat-ports", "1"},
                                                 {"builtin", "--stat-ports", "1,65536"}}));
  std::vector<const char*> line{"simulator"};
  line.insert(line.end(), wrong.begin(), wrong.end());
  CAPTURE(line);

  const auto options = parse_options(static_cast<int>(line.size()), line.data());

  REQUIRE(options.early_exit);
  CHECK(options.early_exit->code == 78);
  CHECK_FALSE(options.early_exit->text.empty());
}

TEST_CASE("the command line is read, and its mistakes leave with 78", "[simulator]") {
  const char* good_line[] = {"simulator",  "builtin",      "--time-scale",
                             "10",         "--stat-ports", "1,2",
                             "--duration", "2h",           "--no-invitations"};
  const auto good_options = parse_options(9, good_line);
  const char* bad_line[] = {"simulator", "builtin", "--stat-ports", "1,x"};
  const auto bad_options = parse_options(4, bad_line);
  const char* help_line[] = {"simulator", "--help"};

  REQUIRE_FALSE(good_options.early_exit);
  CHECK(good_options.options.time_scale == 10);
  CHECK(good_options.options.backup_port == 2);
  CHECK(good_options.options.duration == 2h);
  CHECK_FALSE(good_options.options.invitations);
  REQUIRE(bad_options.early_exit);
  CHECK(bad_options.early_exit->code == 78);
  CHECK(parse_options(2, help_line).early_exit->code == 0);
}

}  // namespace paceline::test
