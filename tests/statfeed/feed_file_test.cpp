#include "services/statfeed/feed_file.h"

#include <rapidcheck.h>

#include "tests/support/catch.h"

namespace paceline::test {
using namespace statfeed;
namespace {

FeedRecord some_record() {
  FeedRecord record;
  record.kind =
      *rc::gen::element(FeedRecord::Kind::targets, FeedRecord::Kind::began, FeedRecord::Kind::heard,
                        FeedRecord::Kind::updates, FeedRecord::Kind::state);
  record.at = *rc::gen::inRange<std::int64_t>(0, 1ll << 50) * Duration{1us};
  if (record.kind == FeedRecord::Kind::state)
    record.state = {.complete = *rc::gen::arbitrary<bool>(),
                    .available = *rc::gen::arbitrary<bool>(),
                    .pushing = *rc::gen::arbitrary<bool>(),
                    .polled = *rc::gen::arbitrary<bool>(),
                    .unseen = *rc::gen::inRange<std::size_t>(0, 1u << 20)};
  record.server = *rc::gen::inRange(0, 2);
  const auto count = *rc::gen::inRange(0, 6);
  for (int i = 0; i < count; ++i) {
    if (record.kind == FeedRecord::Kind::targets)
      record.targets.push_back(
          {*rc::gen::arbitrary<std::uint32_t>(),
           {*rc::gen::arbitrary<std::string>(), *rc::gen::arbitrary<std::string>(),
            *rc::gen::arbitrary<std::string>()}});
    if (record.kind == FeedRecord::Kind::updates) {
      StatisticUpdate update{
          *rc::gen::arbitrary<std::uint32_t>(),
          *rc::gen::element(StatisticUpdate::Status::value, StatisticUpdate::Status::invalid,
                            StatisticUpdate::Status::unseen),
          *rc::gen::arbitrary<std::int64_t>(), 0};
      if (update.status == StatisticUpdate::Status::value)
        update.value =
            *rc::gen::oneOf(rc::gen::map(rc::gen::arbitrary<int>(),
                                         [](int whole) { return static_cast<double>(whole); }),
                            rc::gen::suchThat(rc::gen::arbitrary<double>(),
                                              [](double number) { return number == number; }));
      record.updates.push_back(update);
    }
  }
  return record;
}

}  // namespace

TEST_CASE("a feed survives a round trip", "[statfeed][property]") {
  CHECK(rc::check([] {
    const auto records = *rc::gen::container<std::vector<FeedRecord>>(rc::gen::exec(some_record));
    std::string file{feed_header};
    for (const auto& record : records) encode_feed(record, file);

    auto reader = FeedReader::open(file).value();
    for (const auto& record : records) RC_ASSERT(reader.next().value() == std::optional{record});
    RC_ASSERT(!reader.next().value().has_value());
  }));
}

TEST_CASE("a damaged feed is read up to the damage and says where", "[statfeed]") {
  std::string file{feed_header};
  encode_feed({.kind = FeedRecord::Kind::heard, .at = 5ms, .server = 1}, file);
  const auto good = file.size();
  encode_feed({.kind = FeedRecord::Kind::heard, .at = 6ms, .server = 1}, file);
  auto flipped = file;
  flipped.back() = static_cast<char>(flipped.back() ^ 1);

  for (const auto& text : {flipped, file.substr(0, file.size() - 1), file.substr(0, good + 3)}) {
    auto reader = FeedReader::open(text).value();
    CHECK(reader.next().value()->at == 5ms);
    const auto end = reader.next();
    REQUIRE_FALSE(end.has_value());
    CHECK(end.error().detail.find("damaged at byte " + std::to_string(good)) == 0);
  }
}

TEST_CASE("a feed that was recorded with eleven kinds of statistics is read as it was meant",
          "[statfeed]") {
  FeedRecord record{.kind = FeedRecord::Kind::updates};
  record.updates = {{.statistic = 2 * 11 + 1, .value = 5}, {.statistic = UINT32_MAX, .value = 6}};
  std::string file{older_feed_header};
  encode_feed(record, file);
  record.updates.pop_back();
  std::string good{older_feed_header};
  encode_feed(record, good);

  const auto read = FeedReader::open(good).value().next().value();
  REQUIRE(read);
  REQUIRE(read->updates.size() == 1);
  CHECK(read->updates[0].statistic == statistic_of(2, StatisticKind::ready));
  CHECK_FALSE(FeedReader::open(file).value().next().has_value());  // No such target can be.
}

TEST_CASE("another version is refused, and so is another file", "[statfeed]") {
  CHECK(FeedReader::open("PACEFEED\x01").error().code == Errc::unsupported);
  CHECK(FeedReader::open("PNG").error().code == Errc::bad_value);
  CHECK(FeedReader::open("").error().code == Errc::bad_value);
}

TEST_CASE("any bytes of a feed give records or an error", "[statfeed][property]") {
  CHECK(rc::check([] {
    std::string file{feed_header};
    const auto records = *rc::gen::container<std::vector<FeedRecord>>(rc::gen::exec(some_record));
    for (const auto& record : records) encode_feed(record, file);
    const auto at = *rc::gen::inRange<std::size_t>(feed_header.size(), file.size() + 1);
    file.replace(at, *rc::gen::inRange<std::size_t>(0, 5), *rc::gen::arbitrary<std::string>());
    auto reader = FeedReader::open(file).value();
    for (;;) {
      const auto record = reader.next();
      if (!record || !*record) break;
    }
    RC_ASSERT(reader.offset() <= file.size());
  }));
}

}  // namespace paceline::test
