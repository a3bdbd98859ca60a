#include "services/simulator/report.h"

#include <nlohmann/json.hpp>
#include <set>

#include "services/simulator/headless.h"
#include "services/simulator/publication_endpoint.h"
#include "services/simulator/scenario.h"
#include "tests/simulator/small_centres.h"
#include "tests/support/catch.h"
#include "tests/support/manual.h"

namespace paceline::test {
using namespace simulator;
namespace {

void gather(const nlohmann::json& value, std::set<std::string>& members) {
  if (value.is_object())
    for (const auto& [key, inner] : value.items()) {
      members.insert(key);
      if (key != "by_node") gather(inner, members);  // There the members are the nodes' names.
    }
  if (value.is_array())
    for (const auto& inner : value) gather(inner, members);
}

}  // namespace

TEST_CASE("the report adds up what the centre counted", "[simulator]") {
  Centre centre{model_of(busy_day(), 10), 1};
  run_headless(centre, {}, 2h, true);

  const auto report = nlohmann::json::parse(report_of(centre, nullptr));

  CHECK(report["elapsed_s"] == 7200);
  CHECK(report["hour_of_day"] == 12);
  CHECK(report["targets"] == 10);
  CHECK(report["events"] == centre.events());
  CHECK_FALSE(report.contains("publications"));  // Nobody published.
  REQUIRE(report["groups"].size() == 10);
  std::uint64_t sent = 0;
  std::uint64_t entered = 0;
  for (std::uint32_t target = 0; target < 10; ++target) {
    const auto counts = centre.counts(target);
    const auto& group = report["groups"][target];
    const auto& reactive = group["reactive"];
    sent += counts.sent;
    entered += counts.reactive.entered;
    CHECK(group["id"] == centre.model().targets[target].id);
    CHECK(group["occupancy"].get<double>() ==
          Approx((counts.busy_s + counts.wrap_up_s) / (counts.logged_in_s - counts.not_ready_s))
              .margin(1e-4));
    CHECK(group["agents_mean"].get<double>() == Approx(counts.agents_s / 7200).margin(1e-4));
    CHECK(group["slots_mean"].get<double>() == Approx(counts.logged_in_s / 7200).margin(1e-4));
    const auto over = static_cast<double>(counts.reactive.answered + counts.reactive.abandoned);
    if (over > 0)
      CHECK(reactive["abandonment"].get<double>() ==
            Approx(static_cast<double>(counts.reactive.abandoned) / over).margin(1e-4));
  }
  CHECK(sent > 100);
  CHECK(report["all"]["invitations"]["sent"] == sent);
  CHECK(report["all"]["reactive"]["entered"] == entered);
  std::uint64_t of_kinds = 0;
  for (const auto& kind : report["kinds"])
    of_kinds += kind["invitations"]["sent"].get<std::uint64_t>();
  CHECK(of_kinds == sent);
}

TEST_CASE("the report counts agents who serve several targets once", "[simulator]") {
  auto kind = plain_kind(4);
  kind.arrivals_per_hour = all_day(20);
  Centre centre{centre_with(kind, 6, 3), 1};
  centre.advance(5h);

  const auto report = nlohmann::json::parse(report_of(centre, nullptr));

  for (const auto& sum : {report["all"], report["kinds"][0]}) {
    CHECK(sum["agents_now"] == 8);
    CHECK(sum["busy_hours"].get<double>() ==
          Approx((centre.counts(0).busy_s + centre.counts(3).busy_s) / 3600).margin(1e-4));
    CHECK(sum["reactive"]["entered"].get<std::uint64_t>() > 500);
  }
  CHECK(report["groups"][1]["agents_now"] == 4);
}

TEST_CASE("the report tells the longest gap, and publications by node", "[simulator]") {
  Centre centre{centre_with(plain_kind(5)), 1};
  PublicationEndpoint endpoint{centre, {.epoch = "e"}};
  const auto publish = [&](const char* node, std::uint64_t term, std::int64_t now_ms) {
    PublicationRequest request;
    request.cluster = "demo";
    request.node = node;
    request.term = term;
    request.sequence = term;
    endpoint.receive(request, now_ms, 1);
  };
  publish("a", 5, 1000);
  publish("a", 6, 2000);
  publish("b", 7, 9500);
  publish("a", 6, 9600);  // Fenced.
  publish("a", 0, 9700);  // Without a term.

  const auto told = nlohmann::json::parse(report_of(centre, &endpoint))["publications"];

  CHECK(told["accepted"] == 3);
  CHECK(told["fenced"] == 1);
  CHECK(told["refused"] == 1);
  CHECK(told["longest_gap_s"] == 7.5);
  CHECK(told["by_node"] == nlohmann::json{{"a", 2}, {"b", 1}});
}

TEST_CASE("the manual names every member of the report, and no other", "[simulator]") {
  Centre centre{centre_with(plain_kind(5)), 1};
  const PublicationEndpoint endpoint{centre, {.epoch = "e"}};
  std::set<std::string> members;
  gather(nlohmann::json::parse(report_of(centre, &endpoint)), members);

  const auto words = code_words(section_of("services/simulator/SETTINGS.md", "Report"));
  std::set<std::string> told{words.begin(), words.end()};
  for (const char* other : {"GET /report", "report.json"}) told.erase(other);

  CHECK(told == members);
}

}  // namespace paceline::test
