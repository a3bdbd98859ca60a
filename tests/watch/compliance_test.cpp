// The compliance record: what is counted on which day, and that a change to it shows.
#include "services/watch/compliance.h"

#include <rapidcheck.h>
#include <sqlite3.h>

#include <algorithm>
#include <memory>

#include "services/watch/adapter_store.h"
#include "services/watch/compliance_answer.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"

namespace paceline::test {
using namespace watch;
namespace {

constexpr std::int64_t hour_ms = 3'600'000;
constexpr std::int64_t day_ms = 24 * hour_ms;

TargetName sales() {
  TargetName name;
  name.id = "sales";
  name.options.time_zone = *TimeZone::named("America/Los_Angeles");
  return name;
}

/// A watch's record of one target, in a file; its wall clock begins at noon of Los Angeles.
struct Kept {
  Folder folder;
  std::string file = folder / "history.db";
  std::unique_ptr<SqliteStore> store = std::make_unique<SqliteStore>(file);
  TargetTable table{{sales()}};
  std::unique_ptr<ComplianceBook> book;
  TargetFeedback told;
  std::string epoch = "e1";
  std::int64_t wall_ms = 1'793'649'600'000;  // 2026-11-02T20:00:00Z
  int keep_days = 400;

  Kept() { start(); }

  void start() {
    if (!store) store = std::make_unique<SqliteStore>(file);
    book = std::make_unique<ComplianceBook>(keep_days, store.get());
    const auto numbers = store->numbers({"sales"});
    REQUIRE(numbers);
    REQUIRE(book->begin({"sales"}, *numbers));
    tell(0, 0);
  }
  void stop() {
    book.reset();
    store.reset();
  }
  void tell(std::uint64_t answered, std::uint64_t abandoned, std::int64_t later_ms = 10'000) {
    told.accepted += answered + abandoned;
    told.answered += answered;
    told.abandoned += abandoned;
    wall_ms += later_ms;
    table.set_feedback(0, told);
    REQUIRE(book->note(table, epoch, wall_ms));
  }
  /// So many days with 97 answered and 3 abandoned each.
  void days(int count) {
    for (int day = 0; day < count; ++day) tell(97, 3, day_ms);
  }
  ComplianceRecord record() {
    const auto read = book->read(0);
    REQUIRE(read);
    return *read;
  }
  void alter(const char* sql) {
    stop();
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
    REQUIRE(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(database);
    start();
  }
};

}  // namespace

TEST_CASE("a day of the record is the target's own", "[watch]") {
  Kept kept;
  kept.tell(10, 1, 11 * hour_ms);  // 23:00 in Los Angeles; the next day in UTC began hours ago.
  kept.tell(20, 2, 30 * 60'000);
  kept.tell(40, 4, 2 * hour_ms);  // Told beyond midnight: it was counted before.
  kept.tell(80, 8);

  const auto days = kept.record().days;

  REQUIRE(days.size() == 2);
  CHECK(format_date(days[0].date) == "2026-11-02");
  CHECK(days[0].answered == 70);
  CHECK(days[0].abandoned == 7);
  CHECK(days[0].offered == 77);
  CHECK(days[1].answered == 80);
  CHECK(days[0].ends_ms == days[1].begins_ms);
}

TEST_CASE("a restart of watch loses nothing of the record, nor counts it twice", "[watch]") {
  Kept kept;
  kept.tell(10, 1);
  kept.tell(5, 0);
  kept.stop();
  kept.told.accepted += 7;  // While nobody watches.
  kept.told.answered += 7;
  kept.start();
  kept.tell(1, 0);

  const auto days = kept.record().days;

  REQUIRE(days.size() == 1);
  CHECK(days[0].answered == 23);
  CHECK(days[0].abandoned == 1);
}

TEST_CASE("the endpoint's counters that begin anew are counted from nothing", "[watch]") {
  Kept kept;
  kept.tell(100, 3);
  kept.epoch = "e2";
  kept.tell(0, 0);  // The new epoch is told before the new counters are.
  kept.told = {};
  kept.tell(4, 1);
  kept.tell(2, 0);

  const auto days = kept.record().days;

  CHECK(days[0].answered == 106);
  CHECK(days[0].abandoned == 4);
}

TEST_CASE("the record tells the goal in force and that it was another", "[watch]") {
  Kept kept;
  kept.tell(1, 0);
  TargetName stricter = sales();
  stricter.options.optimization_goal = 2;
  kept.table.renew({stricter});
  kept.tell(1, 0);

  const auto days = kept.record().days;

  CHECK(days[0].goal == 2);
  CHECK(days[0].goal_changed);
}

TEST_CASE("an untouched record has no fault, whatever is forgotten of it", "[watch]") {
  Kept kept;
  kept.keep_days = 7;
  kept.stop();
  kept.start();
  kept.days(20);

  const auto record = kept.record();

  CHECK(record.fault.empty());
  CHECK(record.days.size() == 8);  // Seven that are over, and today.
  CHECK(record.digests.back().empty());
}

TEST_CASE("a day that is changed, removed or exchanged shows", "[watch]") {
  const char* sql = GENERATE(
      "UPDATE days SET body = (SELECT body FROM days ORDER BY date LIMIT 1 OFFSET 5) "
      "WHERE date = (SELECT date FROM days ORDER BY date LIMIT 1 OFFSET 3)",
      "UPDATE days SET body = (SELECT body FROM days ORDER BY date LIMIT 1 OFFSET 5) "
      "WHERE date = (SELECT min(date) FROM days)",
      "DELETE FROM days WHERE date = (SELECT date FROM days ORDER BY date LIMIT 1 OFFSET 4)",
      "DELETE FROM days WHERE date = (SELECT min(date) FROM days)",
      "DELETE FROM days WHERE date = (SELECT max(date) FROM days)", "DELETE FROM days",
      "UPDATE days SET digest = x'00112233445566778899aabbccddeeff' "
      "WHERE date = (SELECT max(date) FROM days)",
      "UPDATE days SET body = x'00' WHERE date = (SELECT max(date) FROM days)");
  CAPTURE(sql);
  Kept kept;
  kept.days(10);
  REQUIRE(kept.record().fault.empty());

  kept.alter(sql);

  CHECK_FALSE(kept.record().fault.empty());
}

TEST_CASE("one changed count names its day", "[watch]") {
  Kept kept;
  kept.days(5);
  const auto before = kept.record();
  ComplianceDay better = before.days[2];
  better.abandoned = 0;
  std::string sql = "UPDATE days SET body = x'" + hexadecimal(encode_day(better)) +
                    "' WHERE date = " + std::to_string(better.date);

  kept.alter(sql.c_str());

  CHECK(kept.record().fault.starts_with(format_date(better.date) + " does not follow from"));
}

TEST_CASE("a file of an earlier build begins a record", "[watch]") {
  Kept kept;
  kept.alter("DROP TABLE days; DROP TABLE open_days; DROP TABLE days_before;");
  kept.days(2);

  CHECK(kept.record().fault.empty());
  CHECK(kept.record().days.size() == 3);
}

TEST_CASE("the rolling window ends with each day and knows the days before those shown",
          "[watch]") {
  Kept kept;
  kept.tell(50, 50, hour_ms);
  kept.days(3);
  const auto record = kept.record();

  const auto answer =
      compliance_answer(sales(), record, {.from = record.days[1].date, .rolling_days = 2}, 400);

  REQUIRE(answer.days.size() == 3);
  CHECK(answer.time_zone == "America/Los_Angeles");
  CHECK(answer.days[0].rolling_abandonment == Approx(56 / 300.0).margin(0.1));
  CHECK(answer.days[1].rolling_abandonment == Approx(0.03));
  CHECK(answer.days[0].digest.size() == 2 * digest_bytes);
  CHECK_FALSE(answer.days.back().over);
  const auto csv = compliance_csv(answer);
  CHECK(csv.starts_with("date,begins,ends,over,watched,"));
  CHECK(std::ranges::count(csv, '\n') == 4);
}

TEST_CASE(
    "a day that ends for all targets at once is written some targets at a time, and nothing is "
    "lost between",
    "[watch]") {
  constexpr std::uint32_t targets = 1'200;
  Folder folder;
  const std::string file = folder / "history.db";
  std::vector<TargetName> names(targets, sales());
  std::vector<std::string> ids;
  for (std::uint32_t i = 0; i < targets; ++i) ids.push_back(names[i].id = "t" + std::to_string(i));
  TargetTable table{names};
  std::int64_t wall_ms = 1'793'649'600'000;
  const auto tell = [&](ComplianceBook& book, std::uint64_t answered) {
    for (std::uint32_t i = 0; i < targets; ++i)
      table.set_feedback(i, {.accepted = answered, .answered = answered});
    REQUIRE(book.note(table, "e1", wall_ms));
  };
  auto store = std::make_unique<SqliteStore>(file);
  const auto numbers = store->numbers(ids);
  REQUIRE(numbers);
  auto book = std::make_unique<ComplianceBook>(400, store.get());
  REQUIRE(book->begin(ids, *numbers));
  for (int step = 0; step < 31; ++step, wall_ms += 10'000) tell(*book, 10);
  wall_ms += day_ms;
  tell(*book, 10);

  std::vector<std::size_t> written;
  for (int step = 0; step < 3; ++step) {
    std::size_t days = 0;
    for (const std::uint32_t number : *numbers) days += store->days(number)->days.size();
    written.push_back(days);
    for (std::uint32_t i = 0; i < targets; ++i) CHECK(book->read(i)->fault.empty());
    wall_ms += 10'000;
    tell(*book, 10);
  }
  CHECK(written == std::vector<std::size_t>{500, 1'000, 1'200});

  wall_ms += day_ms;
  tell(*book, 30);  // 500 of these are written; the process ends.
  book.reset();
  store.reset();
  store = std::make_unique<SqliteStore>(file);
  book = std::make_unique<ComplianceBook>(400, store.get());
  REQUIRE(book->begin(ids, *numbers));
  for (int step = 0; step < 4; ++step, wall_ms += 10'000) tell(*book, 30);
  for (std::uint32_t i = 0; i < targets; ++i) {
    const auto record = *book->read(i);
    CHECK(record.fault.empty());
    REQUIRE(record.days.size() == 3);
    CHECK(record.days[0].answered + record.days[1].answered + record.days[2].answered == 20);
  }
}

TEST_CASE("a day of a target takes no more than the bytes that SETTINGS.md tells", "[watch]") {
  constexpr std::uint32_t targets = 200;
  constexpr int days = 400;
  Folder folder;
  SqliteStore store{folder / "history.db"};
  std::vector<std::string> ids;
  for (std::uint32_t i = 0; i < targets; ++i) ids.push_back("t" + std::to_string(i));
  const auto numbers = store.numbers(ids);
  REQUIRE(numbers);
  const std::uint64_t before = store.bytes();
  for (int day = 0; day < days; ++day) {
    StoreBatch batch{.keep_days = days};
    for (const std::uint32_t number : *numbers) {
      const ComplianceDay counted{.date = 20'000 + day,
                                  .begins_ms = (20'000 + day) * day_ms,
                                  .ends_ms = (20'001 + day) * day_ms,
                                  .counted_ms = day_ms - number,
                                  .offered = 1500 + number,
                                  .answered = 1400 + number,
                                  .abandoned = 45,
                                  .goal = 3};
      batch.days.push_back({number, counted.date, encode_day(counted), {}});
      batch.days.back().digest = day_digest("", "t", batch.days.back().body);
    }
    REQUIRE(store.write(batch));
  }

  const double bytes_a_day =
      static_cast<double>(store.bytes() - before) / (static_cast<double>(targets) * days);

  CAPTURE(bytes_a_day);
  CHECK(bytes_a_day < 85);
  CHECK(bytes_a_day > 40);
}

TEST_CASE("a day of the record is read as it was written, and other bytes are refused",
          "[watch][property]") {
  REQUIRE(rc::check([] {
    ComplianceDay day{.date = *rc::gen::inRange(0, 100'000),
                      .begins_ms = *rc::gen::inRange<std::int64_t>(0, 9'000'000'000'000),
                      .ends_ms = 0,
                      .counted_ms = *rc::gen::inRange<std::int64_t>(0, day_ms),
                      .offered = *rc::gen::arbitrary<std::uint64_t>(),
                      .answered = *rc::gen::arbitrary<std::uint64_t>(),
                      .abandoned = *rc::gen::arbitrary<std::uint64_t>(),
                      .goal_target = *rc::gen::arbitrary<std::uint8_t>(),
                      .goal = *rc::gen::arbitrary<std::uint8_t>(),
                      .goal_changed = *rc::gen::arbitrary<bool>()};
    day.ends_ms = day.begins_ms + *rc::gen::inRange<std::int64_t>(1, 2 * day_ms);
    const std::string bytes = encode_day(day);
    RC_ASSERT(decode_day(bytes) == day);
    RC_ASSERT(!decode_day(bytes.substr(0, bytes.size() - 1)));
    RC_ASSERT(!decode_day(bytes + "x"));
    std::string other = bytes;
    other[*rc::gen::inRange<std::size_t>(0, bytes.size())] ^= 1;
    RC_ASSERT(day_digest("", "t", bytes) != day_digest("", "t", other));
    const auto any = *rc::gen::arbitrary<std::string>();
    decode_day(any);
  }));
}

}  // namespace paceline::test
