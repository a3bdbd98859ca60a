#include "services/watch/history.h"

#include <rapidcheck.h>

#include <map>

#include "services/watch/adapter_store.h"
#include "services/watch/csv.h"
#include "services/watch/past_time.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"
#include "tests/watch/fixtures.h"

namespace paceline::test {
using namespace watch;
namespace {

constexpr std::int64_t dawn = 1'790'000'400'000;  // [ms] A whole number of 10 minutes.
static_assert(dawn % 600'000 == 0);

std::vector<HistoryPoint> any_points(const std::vector<std::int32_t>& numbers) {
  std::vector<HistoryPoint> points;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    HistoryPoint point{.key = static_cast<std::int64_t>(i) * (1 + numbers[i] % 3), .values = {}};
    for (std::size_t c = 0; c < history::count; ++c)
      point.values.at[c] = numbers[(i * c + c) % numbers.size()];
    points.push_back(point);
  }
  return points;
}

// A day of two targets: t0 is granted the number of the minute, t1 nothing.
struct Day {
  explicit Day(Store* store, History::Options options = {})
      : table{names({"t0", "t1"})}, history{options, {"t0", "t1"}, store} {}

  void run(std::int64_t from_ms, std::int64_t to_ms) {
    for (std::int64_t now = from_ms; now < to_ms; now += 5'000) {
      if (history.due(now)) {
        auto pace = paced(PaceReason::granted, static_cast<std::int32_t>((now - dawn) / 60'000));
        pace.goal = 3;
        table.set_pace(0, pace);
        table.set_pace(1, paced(PaceReason::no_agents));
        table.set_feedback(0, {.sent = static_cast<std::uint64_t>((now - dawn) / 1000)});
        REQUIRE(history.sample(table, now));
      }
      for (int i = 0; i < 4; ++i) REQUIRE(history.compact(now));
    }
  }

  HistorySeries read(std::int64_t from_ms, std::int64_t to_ms, std::int64_t now_ms,
                     std::int64_t step_ms = 0, std::uint32_t series = 0) {
    const auto found =
        history.read(series, {.from_ms = from_ms, .to_ms = to_ms, .step_ms = step_ms}, now_ms);
    REQUIRE(found);
    return *found;
  }

  TargetTable table;
  History history;
};

}  // namespace

TEST_CASE("points come back from their bytes", "[watch][property]") {
  REQUIRE(rc::check("round trip", [](const std::vector<std::int32_t>& numbers) {
    const auto points = any_points(numbers);
    const auto again = decode_points(encode_points(points), points.size());
    RC_ASSERT(again);
    RC_ASSERT(*again == points);
  }));
  REQUIRE(rc::check("any bytes", [](const std::string& bytes) {
    const auto points = decode_points(bytes, 100);
    RC_ASSERT(!points || points->size() <= 100);
  }));
  REQUIRE(rc::check("broken bytes",
                    [](const std::vector<std::int32_t>& numbers, std::uint8_t at, char byte) {
                      auto bytes = encode_points(any_points(numbers));
                      bytes[at % bytes.size()] = byte;
                      const auto points = decode_points(bytes, 1000);
                      RC_ASSERT(!points || points->size() <= 1000);
                    }));
}

TEST_CASE("an idle target's points cost next to nothing", "[watch]") {
  std::vector<HistoryPoint> idle(30);
  for (std::size_t i = 0; i < idle.size(); ++i) idle[i].key = 1000 + static_cast<std::int64_t>(i);

  CHECK(encode_points(idle).size() < 64 + idle.size());
}

TEST_CASE("rolling up means gauges, adds counters, and takes the frequent word",
          "[watch][property]") {
  std::vector<HistoryPoint> fine(12);
  for (std::size_t i = 0; i < fine.size(); ++i) {
    fine[i].key = 60 + static_cast<std::int64_t>(i);
    fine[i].values.set(history::granted, static_cast<double>(i));
    fine[i].values.set(history::sent, 2);
    fine[i].values.at[history::reason] = i < 2 ? 5 : 7;
  }
  fine[3].values.at[history::reason] = HistoryValues::unknown;

  const auto coarse = roll_up(fine, 6);

  REQUIRE(coarse.size() == 2);
  CHECK(coarse[0].key == 10);
  CHECK(coarse[0].values.get(history::granted) == Approx(2.4));  // 0 1 2 4 5
  CHECK(coarse[0].values.get(history::sent) == 10);
  CHECK(coarse[0].values.at[history::reason] == 7);
  CHECK(coarse[1].values.get(history::granted) == Approx(8.5));
  REQUIRE(rc::check("sums stay", [](const std::vector<std::uint8_t>& sent) {
    std::vector<HistoryPoint> points(sent.size());
    std::int64_t total = 0;
    for (std::size_t i = 0; i < sent.size(); ++i) {
      points[i].key = static_cast<std::int64_t>(i) - 50;
      points[i].values.at[history::sent] = sent[i];
      total += sent[i];
    }
    for (const auto& point : roll_up(roll_up(points, 6), 10))
      total -= point.values.at[history::sent];
    RC_ASSERT(total == 0);
  }));
}

TEST_CASE("three resolutions answer what happened at 3 a.m.", "[watch]") {
  Folder folder;
  SqliteStore store{folder / "history.db"};
  Day day{&store};
  const std::int64_t end = dawn + 9 * 3'600'000;
  day.run(dawn, end);

  const auto fine = day.read(end - 3'600'000, end, end);
  CHECK(fine.step_ms == 10'000);
  CHECK(std::ssize(fine.points) == 360);
  CHECK(fine.points.front().values.get(history::granted) == 480);
  CHECK(fine.points.front().values.get(history::sent) == 10);
  CHECK(fine.points.front().values.at[history::goal] == 3);

  const auto minutes = day.read(dawn + 60'000, end, end, 60'000);
  CHECK(minutes.step_ms == 60'000);
  REQUIRE(std::ssize(minutes.points) == 9 * 60 - 1);
  for (std::size_t i = 0; i < minutes.points.size(); ++i) {
    CHECK(minutes.points[i].key == dawn / 60'000 + 1 + static_cast<std::int64_t>(i));
    CHECK(minutes.points[i].values.get(history::granted) == static_cast<double>(i + 1));
    CHECK(minutes.points[i].values.get(history::sent) == 60);
  }

  const auto tens = day.read(dawn, end, end, 600'000);
  CHECK(tens.step_ms == 600'000);
  REQUIRE(std::ssize(tens.points) == 54);
  CHECK(tens.points[1].values.get(history::granted) == Approx(14.5));
  CHECK(tens.points[1].values.get(history::sent) == 600);
  CHECK(tens.points.back().values.get(history::sent) == 600);

  const auto all = day.read(end - 60'000, end, end, 0, day.history.all_together());
  REQUIRE_FALSE(all.points.empty());
  CHECK(all.points.front().values.get(history::granted) == 539);
  // The finest is kept for six hours: older stretches come in the next coarser.
  CHECK(day.read(dawn, dawn + 600'000, end).step_ms == 60'000);
  CHECK(day.history.samples_in_memory() <= History::most_samples);
}

TEST_CASE("history survives a restart at any moment", "[watch]") {
  Folder folder;
  const std::int64_t gap = dawn + 2'000'000;
  const auto seconds = GENERATE(10, 290, 300, 305, 1234);
  CAPTURE(seconds);
  const std::int64_t fall = gap + seconds * 1000;
  {
    SqliteStore store{folder / "history.db"};
    Day day{&store};
    day.run(dawn, fall);
  }
  SqliteStore store{folder / "history.db"};
  Day day{&store};
  const std::int64_t end = fall - fall % 10'000 + 1'800'000;
  day.run(fall - fall % 10'000 + 20'000, end);

  const auto fine = day.read(dawn, end, end, 10'000);
  const auto expected = (end - dawn) / 10'000;
  CHECK(std::ssize(fine.points) >= expected - 2);
  CHECK(std::ssize(fine.points) <= expected);
  const auto minutes = day.read(dawn, end, end, 60'000);
  for (const auto& point : minutes.points)
    CHECK(point.values.get(history::granted) == static_cast<double>(point.key - dawn / 60'000));
  CHECK(day.history.samples_lost() == 0);
}

TEST_CASE("the past of all together has an agent of several targets once", "[watch]") {
  auto shared = names({"t0", "t1", "t2"});
  shared[0].counted = 0.75;
  shared[1].counted = 0.25;
  TargetTable table{shared};
  History history{{}, {"t0", "t1", "t2"}, nullptr};
  TargetStat stat;
  stat.quality = StatQuality::good;
  stat.logged_in = 8;
  stat.ready = 4;
  stat.busy = 4;
  stat.in_queue = 1;
  table.set_stat(0, stat);
  table.set_stat(1, stat);
  stat.ready = 0;
  stat.busy = 8;
  table.set_stat(2, stat);
  for (std::uint32_t i = 0; i < 3; ++i) table.set_pace(i, paced(PaceReason::granted, 2));

  REQUIRE(history.sample(table, dawn));

  const auto all = history.read(history.all_together(),
                                {.from_ms = dawn, .to_ms = dawn + 10'000, .step_ms = 0}, dawn);
  REQUIRE(all);
  REQUIRE(all->points.size() == 1);
  const auto& values = all->points[0].values;
  CHECK(values.get(history::logged_in) == 16);
  CHECK(values.get(history::ready) == 4);
  CHECK(values.get(history::occupancy) == Approx(0.75));  // 12 of 16, not 16 of 24.
  CHECK(values.get(history::in_queue) == 3);
  CHECK(values.get(history::granted) == 6);
}

TEST_CASE("targets keep their past when the targets file changes", "[watch]") {
  Folder folder;
  {
    SqliteStore store{folder / "history.db"};
    Day day{&store};
    day.run(dawn, dawn + 200'000);
  }
  SqliteStore store{folder / "history.db"};
  History history{{}, {"new", "t1", "t0"}, &store};
  const auto of = [&](std::uint32_t series) {
    const auto found =
        history.read(series, {.from_ms = dawn, .to_ms = dawn + 200'000}, dawn + 200'000);
    REQUIRE(found);
    return found->points;
  };

  CHECK(of(0).empty());
  REQUIRE_FALSE(of(1).empty());
  CHECK(of(1).front().values.at[history::reason] == static_cast<int>(PaceReason::no_agents));
  REQUIRE_FALSE(of(2).empty());
  CHECK(of(2).front().values.at[history::reason] == static_cast<int>(PaceReason::granted));
}

TEST_CASE("targets that stay keep their past when others are taken up in place", "[watch]") {
  Folder folder;
  SqliteStore store{folder / "history.db"};
  Day day{&store};
  day.run(dawn, dawn + 400'000);

  day.history.renumber({"new", "t0"}, day.table.renew(names({"new", "t0"})));
  TargetTable& table = day.table;
  for (std::int64_t now = dawn + 400'000; now < dawn + 1'000'000; now += 10'000) {
    auto pace = paced(PaceReason::granted, static_cast<std::int32_t>((now - dawn) / 60'000));
    pace.goal = 3;
    table.set_pace(1, pace);
    REQUIRE(day.history.sample(table, now));
    for (int i = 0; i < 4; ++i) REQUIRE(day.history.compact(now));
  }

  const std::int64_t end = dawn + 999'999;
  const auto stays = day.read(dawn, end, end, 10'000, 1).points;
  REQUIRE(stays.size() == 100);
  for (const auto& point : stays)
    CHECK(point.values.get(history::granted) ==
          static_cast<double>((point.key - dawn / 10'000) / 6));
  CHECK(day.read(dawn, end, end, 10'000, 0).points.empty());
  CHECK(day.read(dawn, end, end, 10'000, day.history.all_together()).points.size() == 100);
}

TEST_CASE("what is too old or too much is forgotten", "[watch]") {
  Folder folder;
  SqliteStore store{folder / "history.db"};
  Day day{&store, {.step_ms = 10'000, .most_bytes = 200'000}};
  const std::int64_t end = dawn + 30 * 3'600'000;
  day.run(dawn, end);

  CHECK(store.bytes() <= 200'000 + 20'000);
  CHECK(day.read(dawn, end, end, 10'000).points.front().key >=
        (end - 6 * 3'600'000 - 300'000) / 10'000);
  CHECK_FALSE(day.read(end - 60'000, end, end).points.empty());
}

TEST_CASE("a clock that goes back loses what lies ahead and nothing else", "[watch]") {
  Folder folder;
  SqliteStore store{folder / "history.db"};
  Day day{&store};
  day.run(dawn, dawn + 3'600'000);
  day.run(dawn + 1'800'000, dawn + 2'000'000);

  const auto points = day.read(dawn, dawn + 1'999'999, dawn + 2'000'000, 10'000).points;
  CHECK(points.size() == 200);
  CHECK(std::ranges::is_sorted(points, {}, &HistoryPoint::key));
}

TEST_CASE("a file that is no database is set aside", "[watch]") {
  Folder folder;
  const std::string file = folder / "history.db";
  const std::string junk(20'000, 'x');
  std::FILE* out = std::fopen(file.c_str(), "w");
  REQUIRE(out);
  std::fwrite(junk.data(), 1, junk.size(), out);
  std::fclose(out);

  SqliteStore store{file};
  Day day{&store};
  day.run(dawn, dawn + 60'000);

  const auto notice = store.take_notice();
  REQUIRE(notice);
  CHECK(notice->find(".broken") != std::string::npos);
  CHECK_FALSE(store.take_notice());
  CHECK(std::filesystem::file_size(file + ".broken") == junk.size());
  CHECK(day.read(dawn, dawn + 60'000, dawn + 60'000).points.size() == 6);
}

TEST_CASE("a database that breaks while it is in use is set aside too", "[watch]") {
  Folder folder;
  const std::string file = folder / "history.db";
  {
    SqliteStore store{file};
    Day day{&store};
    day.run(dawn, dawn + 3'600'000);
  }
  // Everything behind the first page is overwritten: the header still looks right.
  std::FILE* out = std::fopen(file.c_str(), "r+");
  REQUIRE(out);
  std::fseek(out, 4096, SEEK_SET);
  const std::string junk(std::filesystem::file_size(file) - 4096, '\x7f');
  std::fwrite(junk.data(), 1, junk.size(), out);
  std::fclose(out);
  SqliteStore store{file};
  TargetTable table{names({"t0", "t1"})};
  History history{{}, {"t0", "t1"}, &store};

  // Whatever was met first told of it; from then on the new file is written.
  CHECK(store.take_notice());
  CHECK(history.failure().empty());
  table.set_pace(0, paced(PaceReason::granted, 1));
  REQUIRE(history.sample(table, dawn));
  CHECK(store.samples()->size() == 1);
  StoreBatch batch;
  batch.events.push_back({.number = 1, .wall_ms = dawn, .kind = "k", .severity = "bad"});
  REQUIRE(store.write(batch));
  CHECK(store.events({})->size() == 1);
  CHECK(std::filesystem::exists(file + ".broken"));
}

TEST_CASE("a folder that is not there is an error that names the file", "[watch]") {
  REQUIRE_THROWS_WITH(SqliteStore{"/nowhere/history.db"}, Catch::Contains("/nowhere/history.db"));
}

TEST_CASE("events are found by time, kind, severity and subject", "[watch]") {
  Folder folder;
  SqliteStore store{folder / "history.db"};
  StoreBatch batch;
  for (std::uint64_t i = 1; i <= 100; ++i)
    batch.events.push_back({.number = i,
                            .wall_ms = dawn + static_cast<std::int64_t>(i) * 1000,
                            .kind = i % 2 ? "odd" : "even",
                            .severity = i % 10 ? "notice" : "bad",
                            .subject = "a",
                            .detail = "x, \"y\""});
  batch.forget_events_before = 11;
  REQUIRE(store.write(batch));

  CHECK(store.events({})->size() == 90);
  CHECK(store.events({.kind = "odd"})->size() == 45);
  CHECK(store.events({.severity = "bad"})->size() == 9);
  CHECK(store.events({.subject = "b"})->empty());
  const auto between =
      *store.events({.from_ms = dawn + 20'000, .to_ms = dawn + 30'000, .limit = 3});
  REQUIRE(between.size() == 3);
  CHECK(between.front().number == 28);
  CHECK(events_csv(between).find("even,notice,a,\"x, \"\"y\"\"\"\r\n") != std::string::npos);
}

TEST_CASE("moments are said in several ways", "[watch]") {
  const auto ms = [](std::string_view text) { return parse_past_time(text, dawn).value_or(-1); };

  CHECK(ms("1970-01-02") == 86'400'000);
  CHECK(ms("2026-11-25T03:00:00Z") == 1'795'575'600'000);
  CHECK(ms("2026-11-25 03:00") == 1'795'575'600'000);
  CHECK(ms("2026-11-25T03:00:00.250Z") == 1'795'575'600'250);
  CHECK(ms("1795575600000") == 1'795'575'600'000);
  CHECK(ms("now") == dawn);
  CHECK(ms("-90m") == dawn - 5'400'000);
  CHECK(ms("-2d") == dawn - 2 * 86'400'000);
  for (const char* wrong : {"", "yesterday", "2026-13-01", "2026-02-30", "2026-11-25T25:00", "-",
                            "-5", "2026-11-25T03:00:00+01:00", "-99999999999h", "1e3"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_past_time(wrong, dawn));
  }
  REQUIRE(
      rc::check("any text", [](const std::string& text) { (void)parse_past_time(text, dawn); }));
}

}  // namespace paceline::test
