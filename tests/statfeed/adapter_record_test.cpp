// A recording: how it ends, what an operator may ask of it, and that the feed goes on without it.
#include "services/statfeed/adapter_record.h"

#include <filesystem>
#include <fstream>

#include "common/runtime/files.h"
#include "tests/statfeed/fed.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"

namespace paceline::test {
using namespace statfeed;
namespace {

// As many records as the file has, up to its end or to what is wrong with it.
struct Read {
  std::size_t records = 0;
  std::size_t values = 0;
  bool whole = false;
};

Read read_back(const std::string& file) {
  const auto bytes = read_file(file).value();
  auto reader = FeedReader::open(bytes).value();
  Read read;
  for (;; ++read.records) {
    const auto record = reader.next();
    read.whole = record && !*record;
    if (!record || !*record) return read;
    read.values += (*record)->updates.size();
  }
}

}  // namespace

TEST_CASE("a recording that is as large as it may be ends, and the feed goes on", "[statfeed]") {
  const Folder folder;
  Fed fed;
  FeedRecorder recorder{*fed.statfeed, fed.world, 2000};
  fed.open(0);
  REQUIRE(recorder.begin(folder / "day.feed", std::nullopt, false));

  for (int i = 0; i < 100 && recorder.recording(); ++i) {
    fed.say_all(0, 0, i);
    fed.run(1s, {0});
  }

  CHECK_FALSE(recorder.recording());
  REQUIRE(fed.sim.count("recording_ended") == 1);
  CHECK(fed.line("recording_ended").find("as large as it may be") != std::string::npos);
  for (const auto& event : fed.sim.log())
    if (event.event == "recording_ended") CHECK(event.level == LogLevel::error);
  CHECK(std::filesystem::file_size(folder / "day.feed") >= 2000);
  CHECK(std::filesystem::file_size(folder / "day.feed") < 3000);
  CHECK(read_back(folder / "day.feed").whole);
  fed.say(0, 1, StatisticKind::busy, 77);
  fed.run(1s, {0});
  CHECK(fed.row(1).busy == 77);
}

TEST_CASE("a recording that cannot be written ends, and the feed goes on", "[statfeed]") {
  Fed fed;
  FeedRecorder recorder{*fed.statfeed, fed.world};
  fed.open(0);

  REQUIRE(recorder.begin("/dev/full", std::nullopt, true));  // Opens, and takes no byte.

  CHECK_FALSE(recorder.recording());
  CHECK(fed.line("recording_ended").find("cannot be written") != std::string::npos);
  fed.say(0, 1, StatisticKind::busy, 77);
  fed.run(1s, {0});
  CHECK(fed.row(1).busy == 77);
  CHECK(fed.sim.count("recording_ended") == 1);
}

TEST_CASE("a recording whose file cannot be made does not begin", "[statfeed]") {
  const Folder folder;
  Fed fed;
  FeedRecorder recorder{*fed.statfeed, fed.world};

  const auto begun = recorder.begin(folder / "none/day.feed", std::nullopt, true);

  REQUIRE_FALSE(begun);
  CHECK(begun.error().code == Errc::unavailable);
  CHECK(begun.error().detail == folder / "none/day.feed" + ": cannot be written");
  CHECK(fed.sim.count("recording") == 0);
}

TEST_CASE("an older file is replaced where the settings ask for a recording", "[statfeed]") {
  const Folder folder;
  std::ofstream{folder / "day.feed"} << std::string(10'000, 'x');
  Fed fed;
  FeedRecorder recorder{*fed.statfeed, fed.world};

  REQUIRE(recorder.begin(folder / "day.feed", std::nullopt, true));
  recorder.end("");

  CHECK(std::filesystem::file_size(folder / "day.feed") < 1000);
  CHECK(read_back(folder / "day.feed").whole);
}

TEST_CASE("an operator begins a recording, asks how it stands and stops it", "[statfeed]") {
  const Folder folder;
  Fed fed;
  FeedRecorder recorder{*fed.statfeed, fed.world};
  fed.open(0);
  const auto refused = [&](std::vector<std::string> arguments) {
    const auto answer = fed.ask(Question::record, std::move(arguments));
    return answer ? "" : answer.error().detail;
  };
  CHECK(Fed::field(fed.ask(Question::record).value(), "recording") == "false");
  CHECK(refused({"stop"}).find("nothing is being recorded") != std::string::npos);
  CHECK(refused({"day.feed", "60"}).find("not a path that begins at the root") !=
        std::string::npos);
  CHECK(refused({folder / "day.feed", "0"}).find("not a length in seconds") != std::string::npos);
  CHECK(refused({folder / "day.feed"}).find("record takes nothing") != std::string::npos);

  const auto begun = fed.ask(Question::record, {folder / "day.feed", "60"});

  REQUIRE(begun);
  CHECK(Fed::field(*begun, "recording") == "true");
  CHECK(Fed::field(*begun, "left") == "1m");
  CHECK(fed.sim.count("recording") == 1);
  CHECK(refused({folder / "other.feed", "60"}).find("already") != std::string::npos);
  CHECK(fed.ask(Question::record, {"stop"}));
  CHECK(fed.line("recording_ended").find("asked to stop") != std::string::npos);
  CHECK(refused({folder / "day.feed", "60"}).find("exists already") != std::string::npos);
}

TEST_CASE("a recorded value takes some seven bytes", "[statfeed]") {
  const Folder folder;
  Fed fed{50};
  FeedRecorder recorder{*fed.statfeed, fed.world};
  fed.open(0);
  REQUIRE(recorder.begin(folder / "day.feed", std::nullopt, false));

  for (int i = 0; i < 60; ++i) {
    std::vector<StatisticUpdate> updates;
    for (std::uint32_t slot = 0; slot < 50; ++slot)
      for (std::uint32_t kind = 0; kind < statistic_kind_count; ++kind)
        updates.push_back({.statistic = statistic_of(slot, static_cast<StatisticKind>(kind)),
                           .timestamp_ms = ms_since_1970(fed.world.clock.wall()),
                           .value = 100.0 * kind + i});
    fed.statfeed->updated(0, updates);
    fed.run(1s, {0});
  }
  recorder.end("");

  const auto read = read_back(folder / "day.feed");
  REQUIRE(read.whole);
  CHECK(read.values == 61u * 50 * statistic_kind_count);
  const auto each = static_cast<double>(std::filesystem::file_size(folder / "day.feed")) /
                    static_cast<double>(read.values);
  CHECK(each > 6);
  CHECK(each < 8);
}

}  // namespace paceline::test
