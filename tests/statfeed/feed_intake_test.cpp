#include "services/statfeed/feed_intake.h"

#include <rapidcheck.h>

#include <algorithm>

#include "common/wire/codec.h"
#include "tests/statfeed/start.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace statfeed;
namespace {

struct Intake {
  Intake() { targets_index.apply({{"t00", "g", "q"}, {"t01", "g", "q"}}); }

  FeedIntake::Outcome take(std::string_view text, std::string_view by_key = "",
                           Instant now = start) {
    const Bytes bytes{text.begin(), text.end()};
    return intake.take(bytes, by_key, targets_index, now);
  }
  /// One row of the primary.
  FeedIntake::Outcome row(const std::string& text) {
    return take("{\"sender\":\"crm-a\"}\n" + text);
  }
  const StatisticUpdate& update(const FeedIntake::Outcome& outcome, StatisticKind kind) const {
    const auto found = std::ranges::find(outcome.updates, kind,
                                         [](const auto& each) { return kind_of(each.statistic); });
    REQUIRE(found != outcome.updates.end());
    return *found;
  }

  TargetsIndex targets_index;
  FeedIntake intake{{.senders = {"crm-a", "crm-b"}, .per_second = 5}};
};

std::string text_of(const std::vector<std::uint8_t>& bytes) {
  return {bytes.begin(), bytes.end()};
}

}  // namespace

TEST_CASE("a row tells every statistic of its target, with time and age", "[statfeed]") {
  Intake intake;

  const auto outcome = intake.row(
      R"({"target":"t01","ready":3,"entered":7,"waiting_time_s":2.5,"age_s":4,"timestamp_ms":1000,)"
      R"("in_handling":9,"slots":12})");

  CHECK(outcome.server == 0);
  CHECK(outcome.answer == FeedAnswer{.taken = 1});
  REQUIRE(outcome.updates.size() == statistic_kind_count);
  CHECK(std::ranges::all_of(outcome.updates,
                            [](const auto& u) { return slot_of(u.statistic) == 1; }));
  CHECK(intake.update(outcome, StatisticKind::ready) ==
        StatisticUpdate{.statistic = statistic_of(1, StatisticKind::ready),
                        .timestamp_ms = 1000,
                        .value = 3,
                        .age = 4s});
  CHECK(intake.update(outcome, StatisticKind::entered).value == 7);
  CHECK(intake.update(outcome, StatisticKind::waiting_time).value == 2.5);
  CHECK(intake.update(outcome, StatisticKind::in_handling).value == 9);
  CHECK(intake.update(outcome, StatisticKind::slots).value == 12);
  // What the row leaves out has no value now.
  CHECK(intake.update(outcome, StatisticKind::busy).status == StatisticUpdate::Status::invalid);
  CHECK(intake.update(intake.row(R"({"target":"t01","ready":0})"), StatisticKind::ready).status ==
        StatisticUpdate::Status::value);
}

TEST_CASE("an age without end is a day", "[statfeed]") {
  Intake intake;

  const auto outcome = intake.row(R"({"target":"t00","ready":3,"age_s":1e9})");

  CHECK(intake.update(outcome, StatisticKind::ready).age == 24h);
}

TEST_CASE("statistics that the site does not ask for are passed over", "[statfeed]") {
  Intake intake;
  FeedIntake little{
      {.senders = {"crm-a", ""}, .kinds = 1u << static_cast<unsigned>(StatisticKind::ready)}};
  const std::string text = "{\"sender\":\"crm-a\"}\n{\"target\":\"t00\",\"ready\":3,\"busy\":4}";

  const auto outcome =
      little.take(Bytes{text.begin(), text.end()}, "", intake.targets_index, start);

  CHECK(outcome.updates.size() == 1);
  CHECK(intake.update(outcome, StatisticKind::ready).value == 3);
}

TEST_CASE("a row of an unknown target is refused, and the answer has it in its place",
          "[statfeed]") {
  Intake intake;

  const auto outcome = intake.row(
      "{\"target\":\"t00\",\"ready\":3}\n{\"target\":\"nobody\",\"ready\":3}\n{\"target\":\"t01\","
      "\"ready\":-3}");

  CHECK(outcome.answer.taken == 1);
  CHECK(outcome.answer.refused == 2);
  CHECK(outcome.answer.refusals ==
        std::vector<FeedRefusal>{
            {2, "nobody", "target", "target = \"nobody\": not in the targets file"},
            {3, "t01", "ready", "ready = -3: not in [0, 2000000000]"}});
  CHECK(outcome.updates.size() == statistic_kind_count);
  CHECK(text_of(outcome.reply).starts_with("{\"version\":1,\"taken\":1,\"refused\":2,"));
}

TEST_CASE("who has no key is who he says, if he is primary or backup", "[statfeed]") {
  Intake intake;

  CHECK(intake.take("{\"sender\":\"crm-a\"}").server == 0);
  CHECK(intake.take("{\"sender\":\"crm-b\"}").server == 1);
  const auto stranger = intake.take("{\"sender\":\"crm-c\"}\n{\"target\":\"t00\",\"ready\":3}");
  CHECK_FALSE(stranger.server);
  CHECK(stranger.claims == "crm-c");
  CHECK(stranger.answer.why == "sender = \"crm-c\": not the name of primary or backup");
  CHECK(stranger.updates.empty());
  const auto nameless = intake.take("{}");
  CHECK_FALSE(nameless.server);
  CHECK(nameless.answer.why == "sender = \"\": not the name of primary or backup");
}

TEST_CASE("where there is no backup, nobody is it", "[statfeed]") {
  Intake intake;
  FeedIntake alone{{.senders = {"crm-a", ""}}};
  const std::string text = "{\"sender\":\"\"}\n{\"target\":\"t00\",\"ready\":3}";

  CHECK_FALSE(alone.take(Bytes{text.begin(), text.end()}, "", intake.targets_index, start).server);
}

TEST_CASE("a key says who speaks, and a forged name is refused", "[statfeed]") {
  Intake intake;
  const std::string row = "\n{\"target\":\"t00\",\"ready\":3}";

  CHECK(intake.take("{}" + row, "crm-b").server == 1);
  CHECK(intake.take("{\"sender\":\"crm-b\"}" + row, "crm-b").answer.taken == 1);
  const auto forged = intake.take("{\"sender\":\"crm-a\"}" + row, "crm-b");
  CHECK(forged.server == 1);  // It is told of the one whose key it is.
  CHECK(forged.updates.empty());
  CHECK(forged.answer.why == "sender = \"crm-a\": the key is that of \"crm-b\"");
  CHECK(intake.take("garbage", "crm-b").server == 1);
}

TEST_CASE("a flood is refused before its rows are read, for the one who makes it alone",
          "[statfeed]") {
  Intake intake;
  const std::string row = "\n{\"target\":\"t00\",\"ready\":3}";
  const auto a = [&](Instant now) { return intake.take("{\"sender\":\"crm-a\"}" + row, "", now); };
  for (int i = 0; i < 5; ++i) CHECK(a(start).answer.taken == 1);

  CHECK(a(start).answer.why == "more than 5 messages a second: send more rows in each");
  CHECK(a(start + 100ms).updates.empty());
  CHECK(intake.take("{\"sender\":\"crm-b\"}" + row).answer.taken == 1);

  CHECK(a(start + 1s).answer.taken == 1);
  CHECK(a(start + 1h).answer.taken == 1);
}

TEST_CASE("large messages in a flood are refused unread, for the one who sends them alone",
          "[statfeed]") {
  Intake intake;
  const std::string large = "{\"sender\":\"crm-a\"}\n" + std::string(max_feed_bytes - 100, ' ') +
                            "\n{\"target\":\"t00\",\"ready\":3}";
  CHECK(intake.take(large).answer.taken == 1);
  CHECK(intake.take(large).answer.taken == 1);

  const auto third = intake.take(large);
  CHECK(third.answer.why == "more than 8388608 bytes a second: send rows less often");
  CHECK(third.updates.empty());
  CHECK(intake.take("{\"sender\":\"crm-b\"}\n{\"target\":\"t00\",\"ready\":3}").answer.taken == 1);

  CHECK(intake.take(large, "", start + 600ms).answer.taken == 1);
}

TEST_CASE("who speaks stands at the beginning, and is looked for nowhere else", "[statfeed]") {
  Intake intake;
  const std::string said = "\n{\"sender\":\"crm-a\"}\n{\"target\":\"t00\",\"ready\":3}";

  CHECK(intake.take(std::string(1'000, '\n') + said).answer.taken == 1);
  CHECK(intake.take(std::string(5'000, '\n') + said).answer.why == "empty");
}

TEST_CASE("strangers may flood nobody but each other", "[statfeed]") {
  Intake intake;
  for (int i = 0; i < 100; ++i) intake.take("{\"sender\":\"crm-c\"}");

  CHECK(intake.take("garbage").answer.why ==
        "more than 5 messages a second: send more rows in each");
  CHECK(intake.row(R"({"target":"t00","ready":3})").answer.taken == 1);
}

TEST_CASE("a target that left is unknown, whoever has its slot now", "[statfeed]") {
  Intake intake;
  intake.targets_index.apply({{"t01", "g", "q"}, {"new", "g", "q"}});

  CHECK(intake.row(R"({"target":"t00","ready":3})").answer.refused == 1);
  CHECK(slot_of(intake.row(R"({"target":"new","ready":3})").updates.at(0).statistic) == 0);
}

TEST_CASE("any message changes statistics of targets that are there, or nothing",
          "[statfeed][property]") {
  REQUIRE(rc::check([](const std::string& name, const std::string& rest) {
    Intake intake;
    const auto outcome =
        intake.take("{\"sender\":\"crm-a\"}\n{\"target\":\"" + name + "\"}\n" + rest);
    for (const auto& update : outcome.updates) RC_ASSERT(slot_of(update.statistic) < 2u);
    RC_ASSERT(outcome.updates.size() == outcome.answer.taken * statistic_kind_count);
    RC_ASSERT(!outcome.reply.empty());
    (void)intake.take(name + rest);
  }));
}

}  // namespace paceline::test
