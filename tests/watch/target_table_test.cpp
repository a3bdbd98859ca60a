#include "services/watch/target_table.h"

#include <rapidcheck.h>

#include <set>

#include "services/watch/config.h"
#include "services/watch/pull_calls.h"
#include "tests/support/allocated_bytes.h"
#include "tests/support/catch.h"
#include "tests/watch/fixtures.h"

namespace paceline::test {
using namespace watch;
namespace {

std::vector<TargetName> chat_and_voice() {
  auto all = names({"t0", "t1", "t2", "v0"});
  all[3].media_channel = "voice";
  for (auto& name : all) name.options.algorithm = Algorithm::super_progressive_dual;
  return all;
}

TargetStat with(std::int32_t ready, std::uint64_t entered,
                StatQuality quality = StatQuality::good) {
  TargetStat stat;
  stat.quality = quality;
  stat.logged_in = ready;
  stat.ready = ready;
  stat.entered = entered;
  return stat;
}

TargetPace reactive(double state) {
  auto pace = paced(PaceReason::granted, 1);
  pace.reactive_state = state;
  return pace;
}

Target of_group(std::string id, std::string group, std::string media_channel = "chat") {
  return {.id = id,
          .media_channel = std::move(media_channel),
          .group = std::move(group),
          .queue = "Q" + id,
          .pool = {},
          .options = {}};
}

// Two targets of chat and one of voice with the same agents, and one of chat with agents of its own.
std::vector<TargetName> one_group_of_three_targets() {
  return target_names({.all = {of_group("sales", "G"), of_group("help", "G"),
                               of_group("apart", "H"), of_group("calls", "G", "voice")},
                       .agents = {}},
                      1);
}

}  // namespace

TEST_CASE("the table selects by text, channel, state and reason", "[watch]") {
  TargetTable table{chat_and_voice()};
  table.set_pace(0, paced(PaceReason::granted, 4));
  table.set_pace(1, paced(PaceReason::no_agents));

  CHECK(table.select({}).indices.size() == 4);
  CHECK(table.select({.text = "GROUP-T1"}).indices == std::vector<std::uint32_t>{1});
  CHECK(table.select({.text = "", .media_channel = "voice"}).indices ==
        std::vector<std::uint32_t>{3});
  CHECK(table.select({.text = "", .media_channel = "", .state = PaceState::ok}).matching == 2);
  CHECK(table.select({.text = "", .media_channel = "", .reason = PaceReason::no_agents}).indices ==
        std::vector<std::uint32_t>{1});
}

TEST_CASE("the table sorts and pages", "[watch]") {
  TargetTable table{chat_and_voice()};
  for (std::uint32_t i = 0; i < 4; ++i)
    table.set_pace(i, paced(PaceReason::granted, static_cast<std::int32_t>(i * 7 % 4)));

  TargetQuery query;
  query.sort = "proactive";
  query.descending = true;
  query.offset = 1;
  query.limit = 2;
  const auto selection = table.select(query);

  CHECK(selection.matching == 4);
  CHECK(selection.indices == std::vector<std::uint32_t>{2, 3});
}

TEST_CASE("every word that the table sorts by is taken", "[watch]") {
  TargetTable table{chat_and_voice()};
  table.set_stat(2, with(9, 9));
  for (const auto word : TargetTable::sort_words()) {
    TargetQuery query;
    query.sort = word;
    CHECK(table.select(query).indices.size() == 4);
  }
}

TEST_CASE("changes are taken once, oldest first, and a page of any query is within it",
          "[watch][property]") {
  REQUIRE(rc::check("changes and pages", [](const std::vector<std::uint8_t>& touched) {
    TargetTable table{chat_and_voice()};
    std::set<std::uint32_t> expected;
    for (const auto touch : touched) {
      const std::uint32_t index = touch % 4;
      table.set_pace(index, paced(PaceReason::granted, touch + 1));
      expected.insert(index);
    }
    const auto some = table.take_changed(2);
    RC_ASSERT(some.size() <= 2u);
    auto all = some;
    const auto rest = table.take_changed(100);
    all.insert(all.end(), rest.begin(), rest.end());
    RC_ASSERT(all.size() == expected.size());
    RC_ASSERT(std::set<std::uint32_t>(all.begin(), all.end()) == expected);
    RC_ASSERT(table.take_changed(100).empty());

    TargetQuery query;
    query.offset = *rc::gen::inRange<std::size_t>(0, 10);
    query.limit = *rc::gen::inRange<std::size_t>(0, 10);
    const auto selection = table.select(query);
    RC_ASSERT(selection.matching == 4u);
    RC_ASSERT(selection.indices.size() ==
              std::min(query.limit, std::size_t{4} - std::min<std::size_t>(query.offset, 4)));
  }));
}

TEST_CASE("totals follow every change", "[watch]") {
  TargetTable table{chat_and_voice()};
  table.set_stat(0, with(3, 0));
  table.set_pace(0, paced(PaceReason::granted, 5));
  CHECK(table.totals().proactive == 5);

  table.set_pace(0, paced(PaceReason::no_agents));
  table.set_feedback(1, {.sent = 10, .accepted = 4});

  CHECK(table.totals().proactive == 0);
  CHECK(table.totals().ready == 3);
  CHECK(table.totals().sent == 10);
  CHECK(table.totals().by_reason.by_word[static_cast<std::size_t>(PaceReason::no_agents)] == 1);
}

TEST_CASE("reactiveState is the mean over the groups, weighted by demand", "[watch]") {
  TargetTable table{chat_and_voice()};
  table.set_stat(0, with(3, 99));
  table.set_stat(1, with(3, 299));
  table.set_pace(0, reactive(1.0));
  table.set_pace(1, reactive(0.2));
  const std::vector<std::string> both{"group-t0", "t1"};

  CHECK(*reactive_state(table, "chat", both) == Approx((100 * 1.0 + 300 * 0.2) / 400));
  CHECK(*reactive_state(table, "chat", std::vector<std::string>{"group-t1"}) == Approx(0.2));
  CHECK(*reactive_state(table, "chat", {}) == Approx(0.4));

  table.set_pace(0, reactive(0.8));  // The example of API.md.
  table.set_pace(1, reactive(0.4));
  CHECK(*reactive_state(table, "chat", both) == Approx(0.5));
}

TEST_CASE("reactiveState says why it cannot answer", "[watch]") {
  auto plain = names({"t0"});
  const TargetTable without_dual{plain};
  const TargetTable unheard{chat_and_voice()};

  CHECK(reactive_state(without_dual, "chat", {}).error().code == Errc::bad_value);
  CHECK(reactive_state(unheard, "chat", {}).error().code == Errc::unavailable);
  CHECK(reactive_state(unheard, "fax", {}).error().code == Errc::not_found);
  CHECK(reactive_state(unheard, "chat", std::vector<std::string>{"nobody"}).error().code ==
        Errc::not_found);
}

TEST_CASE("channelCapacity sums the ready agents of what is fresh", "[watch]") {
  TargetTable table{chat_and_voice()};
  table.set_stat(0, with(3, 0));
  table.set_stat(1, with(4, 0, StatQuality::provisional));
  table.set_stat(2, with(50, 0, StatQuality::stale));
  table.set_stat(3, with(8, 0));

  CHECK(*channel_capacity(table, "chat", {}) == 7);
  CHECK(*channel_capacity(table, "voice", {}) == 8);
  CHECK(channel_capacity(table, "chat", std::vector<std::string>{"t2"}).error().code ==
        Errc::unavailable);
}

TEST_CASE("channelCapacity counts an agent of several of its targets once", "[watch]") {
  TargetTable table{one_group_of_three_targets()};
  for (const std::uint32_t of_g : {0u, 1u, 3u}) table.set_stat(of_g, with(10, 0));
  table.set_stat(2, with(7, 0));
  const auto chat = [&](std::vector<std::string> groups) {
    return *channel_capacity(table, "chat", groups);
  };

  CHECK(chat({}) == 17);
  CHECK(chat({"sales"}) == 10);  // Asked alone, they are its agents whole.
  CHECK(chat({"G"}) == 10);
  CHECK(chat({"help", "apart"}) == 17);
  CHECK(*channel_capacity(table, "voice", {}) == 10);

  table.set_stat(1, with(50, 0, StatQuality::stale));
  CHECK(chat({}) == 17);  // The other target tells them.
}

TEST_CASE("channelCapacity counts an agent once where targets share some of theirs", "[watch]") {
  const Targets targets{.all = {of_group("a", "A"), of_group("b", "B")},
                        .agents = {{{"A"}, 6}, {{"A", "B"}, 4}, {{"B"}, 2}}};
  TargetTable table{target_names(targets, 1)};
  table.set_stat(0, with(10, 0));
  table.set_stat(1, with(6, 0));

  CHECK(*channel_capacity(table, "chat", {}) == 12);
  CHECK(*channel_capacity(table, "chat", std::vector<std::string>{"b"}) == 6);
}

TEST_CASE("totals after any changes are those of a table that heard the end alone",
          "[watch][property]") {
  REQUIRE(rc::check([] {
    TargetTable table{one_group_of_three_targets()};
    const auto any = [](int most) { return *rc::gen::inRange(0, most); };
    for (int change = any(40); change > 0; --change) {
      const auto index = static_cast<std::uint32_t>(any(4));
      switch (any(6)) {
        case 0:
          table.set_stat(index, with(any(20), static_cast<std::uint64_t>(any(9)),
                                     any(2) == 0 ? StatQuality::good : StatQuality::not_visible));
          break;
        case 1:
          table.set_pace(index,
                         paced(any(2) == 0 ? PaceReason::granted : PaceReason::no_agents, any(5)));
          break;
        case 2:
          table.set_feedback(index, {.sent = static_cast<std::uint64_t>(any(50))});
          break;
        case 3:
          table.forget_pace(index);
          break;
        case 4:
          table.set_paused(any(2) == 0);
          break;
        default:
          table.renew(one_group_of_three_targets());
      }
    }

    TargetTable other{one_group_of_three_targets()};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
      const TargetRow& row = table.row(i);
      if (row.has_stat) other.set_stat(i, row.stat);
      if (row.has_pace) other.set_pace(i, row.pace);
      if (row.has_feedback) other.set_feedback(i, row.feedback);
    }
    RC_ASSERT(table.totals() == other.totals());
  }));
}

TEST_CASE("totals count an agent of several targets once, and whatever else in each", "[watch]") {
  TargetTable table{one_group_of_three_targets()};
  TargetStat stat = with(3, 0);
  stat.logged_in = 12;
  stat.busy = 6;
  stat.after_call_work = 3;
  stat.in_queue = 2;
  for (std::uint32_t i = 0; i < 4; ++i) {
    table.set_stat(i, stat);
    table.set_pace(i, paced(PaceReason::granted, 1));
  }

  const auto totals = table.totals();

  CHECK(totals.logged_in == 24);
  CHECK(totals.ready == 6);
  CHECK(totals.busy == 12);
  CHECK(totals.after_call_work == 6);
  CHECK(totals.slots == 24);
  CHECK(totals.in_handling == 18);
  CHECK(totals.in_queue == 8);
  CHECK(totals.proactive == 4);
}

TEST_CASE(
    "in a pause the targets that would be paced show it, and later what was decided meanwhile",
    "[watch]") {
  TargetTable table{names({"t0", "t1", "t2", "t3"})};
  table.set_pace(0, paced(PaceReason::granted, 4));
  table.set_pace(1, paced(PaceReason::stale_statistics));
  table.set_pace(2, paced(PaceReason::fast_cut, 1));
  table.clear_transitions();

  table.set_paused(true);
  table.set_pace(0, paced(PaceReason::granted, 7));

  CHECK(table.row(0).pace.reason == PaceReason::paused);
  CHECK(table.row(0).pace.proactive == 0);
  CHECK(table.row(0).pace.max_pending == 0);
  CHECK(table.row(1).pace.reason == PaceReason::stale_statistics);
  CHECK_FALSE(table.row(3).has_pace);
  CHECK(table.totals().proactive == 0);
  CHECK(table.totals().by_reason.by_word[static_cast<std::size_t>(PaceReason::paused)] == 2);
  table.renew(names({"t2", "t0"}));
  table.clear_transitions();

  table.set_paused(false);

  CHECK(table.row(1).pace.reason == PaceReason::granted);
  CHECK(table.row(1).pace.proactive == 7);
  CHECK(table.row(0).pace.reason == PaceReason::fast_cut);
  CHECK(table.reason_changes()[static_cast<std::size_t>(PaceReason::fast_cut)].count == 0);
  const auto revision = table.revision();
  table.set_paused(false);
  CHECK(table.revision() == revision);
}

TEST_CASE("what is heard of targets that are known takes nothing from the heap", "[watch]") {
  TargetTable table{chat_and_voice()};
  const auto hear = [&](std::int32_t ready) {
    for (std::uint32_t i = 0; i < table.size(); ++i) {
      table.set_stat(i, with(ready, 10));
      table.set_pace(i, paced(PaceReason::granted, ready));
      table.set_feedback(i, {.sent = static_cast<std::uint64_t>(ready)});
    }
  };
  hear(1);
  const AllocatedBytes allocated;

  for (std::int32_t cycle = 2; cycle < 100; ++cycle) hear(cycle);

  CHECK(allocated.now() == 0);
  CHECK(table.totals().targets == table.size());
}

}  // namespace paceline::test
