// A recorded feed in place of the Stat Servers.
#include "services/statfeed/adapter_replay.h"

#include <fstream>

#include "tests/statfeed/fed.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"

namespace paceline::test {
using namespace statfeed;
namespace {

// Two targets, of which the second is nobody's here; `busy` is 5 at once, 6 after 10 s.
std::string feed() {
  std::string file{feed_header};
  const auto write = [&](FeedRecord::Kind kind, Duration at, double value = 0) {
    FeedRecord record;
    record.kind = kind;
    record.at = at;
    record.state = {.complete = true};
    if (kind == FeedRecord::Kind::targets)
      record.targets = {{7, {"stranger", "g9", "q9"}}, {3, {"t00", "g00", "q00"}}};
    if (kind == FeedRecord::Kind::updates)
      for (const std::uint32_t slot : {3, 7})
        for (std::uint32_t i = 0; i < statistic_kind_count; ++i)
          record.updates.push_back({.statistic = statistic_of(slot, static_cast<StatisticKind>(i)),
                                    .timestamp_ms = 1'790'000'000'000 + at / 1ms,
                                    .value = slot == 3 ? value : 99});
    encode_feed(record, file);
  };
  write(FeedRecord::Kind::targets, 0s);
  write(FeedRecord::Kind::began, 0s);
  write(FeedRecord::Kind::updates, 0s, 5);
  write(FeedRecord::Kind::state, 0s);
  write(FeedRecord::Kind::heard, 0s);
  write(FeedRecord::Kind::updates, 10s, 6);
  write(FeedRecord::Kind::heard, 10s);
  return file;
}

std::string refusal(Fed& fed, const std::string& file) {
  try {
    const ReplayAdapter replay{
        {.file = file}, *fed.statfeed, fed.statfeed->targets_index(), fed.world};
  } catch (const std::exception& error) {
    return error.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("a feed is played as fast as is asked for, and its numbers then grow old", "[statfeed]") {
  const Folder folder;
  std::ofstream{folder / "day.feed", std::ios::binary} << feed();
  const double speed = GENERATE(0.5, 1, 4);
  CAPTURE(speed);
  Fed fed{1};
  ReplayAdapter replay{{.file = folder / "day.feed", .speed = speed},
                       *fed.statfeed,
                       fed.statfeed->targets_index(),
                       fed.world};

  replay.start();
  fed.sim.run_for(from_seconds(9.9 / speed));
  CHECK(fed.statfeed->ledger(0).value(0, StatisticKind::busy) == 5);
  CHECK(fed.sim.count("replay_ended") == 0);
  fed.sim.run_for(from_seconds(0.2 / speed));
  CHECK(fed.statfeed->ledger(0).value(0, StatisticKind::busy) == 6);
  CHECK(fed.statfeed->targets_index().order().size() == 1);  // The stranger was passed over.
  CHECK(fed.sim.count("replay_started") == 1);
  CHECK(fed.line("replay_ended").find("end of file") != std::string::npos);
  fed.sim.run_for(20s);
  CHECK(fed.row(0).quality == StatQuality::stale);
  CHECK(fed.row(0).age_s >= 19);
}

TEST_CASE("what cannot be played is refused by the file's name and why", "[statfeed]") {
  const Folder folder;
  std::ofstream{folder / "other"} << "no feed at all";
  Fed fed;

  CHECK(refusal(fed, folder / "none").find(folder / "none") != std::string::npos);
  CHECK(refusal(fed, folder / "other").starts_with(folder / "other" + ": "));
}

}  // namespace paceline::test
