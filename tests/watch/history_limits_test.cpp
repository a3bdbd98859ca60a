// How much an answer of the past has at most, and what a disk does that takes no more.
#include <signal.h>
#include <sys/resource.h>

#include <nlohmann/json.hpp>

#include "services/watch/adapter_store.h"
#include "services/watch/api.h"
#include "services/watch/history.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"
#include "tests/watch/fixtures.h"

namespace paceline::test {
using namespace watch;
namespace {

constexpr std::int64_t mid_step_ms =
    1'790'000'405'000;  // In the midst of a step of each resolution.

/// A past without gaps, as far back as each resolution reaches, up to the step under way.
void fill(Store& store, const std::string& id) {
  const auto number = store.numbers({id, ""})->front();
  StoreBatch batch;
  for (int tier = 0; tier < static_cast<int>(history_tiers.size()); ++tier) {
    const auto& [factor, keep, chunk] = history_tiers[static_cast<std::size_t>(tier)];
    const std::int64_t last = mid_step_ms / (10'000 * factor);
    for (std::int64_t first = (last - keep - 1) / chunk * chunk; first <= last; first += chunk) {
      std::vector<HistoryPoint> points;
      for (std::int64_t key = first; key < first + chunk && key <= last; ++key)
        points.push_back({.key = key, .values = {}});
      batch.chunks.push_back({tier, first, number, encode_points(points)});
    }
  }
  REQUIRE(store.write(batch));
}

/// No file of this process may grow beyond so many bytes, as on a disk that is full.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    before_signal_ = signal(SIGXFSZ, SIG_IGN);
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit less{bytes, before_.rlim_max};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &less) == 0);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, before_signal_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
  sighandler_t before_signal_ = nullptr;
};

}  // namespace

TEST_CASE("the past comes in the finest resolution that reaches back with 1500 points at most",
          "[watch]") {
  Folder folder;
  SqliteStore store{folder / "history.db"};
  fill(store, "t0");
  const History history{{}, {"t0"}, &store};
  constexpr std::int64_t minute_ms = 60'000;
  constexpr std::int64_t day_ms = 24 * 60 * minute_ms;
  struct Case {
    std::int64_t back_ms, asked_ms, step_ms;
    std::size_t points;
  };
  for (const auto& [back_ms, asked_ms, step_ms, points] :
       {Case{90 * minute_ms, 0, 10'000, 541}, Case{300 * minute_ms, 0, 60'000, 301},
        Case{30 * day_ms, 0, 600'000, 4320}, Case{14'990'000, 0, 10'000, 1500},
        Case{15'000'000, 0, 60'000, 251}, Case{400 * day_ms, 0, 600'000, 4320},
        // Asked for: the coarsest that is no coarser, however many that are.
        Case{300 * minute_ms, 10'000, 10'000, 1801}, Case{90 * minute_ms, 299'000, 60'000, 91},
        Case{90 * minute_ms, 600'000, 600'000, 10}, Case{90 * minute_ms, 1, 10'000, 541},
        Case{20 * 60 * minute_ms, 10'000, 10'000, 2161}}) {
    const auto found = history.read(
        0, {.from_ms = mid_step_ms - back_ms, .to_ms = mid_step_ms, .step_ms = asked_ms},
        mid_step_ms);

    CAPTURE(back_ms, asked_ms);
    REQUIRE(found);
    CHECK(found->step_ms == step_ms);
    CHECK(found->points.size() == points);
    CHECK(static_cast<std::int64_t>(found->points.size()) <= most_history_rows);
  }
}

TEST_CASE("without a file the last 66 steps are kept, in memory", "[watch]") {
  TargetTable table{names({"t0"})};
  table.set_pace(0, paced(PaceReason::granted, 4));
  History history{{}, {"t0"}, nullptr};

  for (int step = 0; step < 200; ++step) {
    REQUIRE(history.sample(table, mid_step_ms + step * 10'000));
    REQUIRE(history.compact(mid_step_ms + step * 10'000));
  }

  const std::int64_t last_ms = mid_step_ms + 199 * 10'000;
  const auto kept =
      history.read(0, {.from_ms = mid_step_ms, .to_ms = last_ms, .step_ms = 10'000}, last_ms);
  REQUIRE(kept);
  CHECK(kept->points.size() == 66);
  CHECK(kept->points.back().key == last_ms / 10'000);
}

TEST_CASE("an answer has the newest thousand events and no more can be asked for", "[watch]") {
  Folder folder;
  SqliteStore file{folder / "history.db"};
  const bool on_disk = GENERATE(false, true);
  CAPTURE(on_disk);
  ClusterView cluster{two_nodes_and_a_witness()};
  TargetTable targets{names({"t0"})};
  EventList events{2000};
  StoreBatch batch;
  for (std::uint64_t number = 1; number <= 1200; ++number) {
    batch.events.push_back({.number = number, .wall_ms = mid_step_ms, .kind = "k"});
    events.add(batch.events.back());
  }
  REQUIRE(file.write(batch));
  History history{{}, {"t0"}, nullptr};
  Api api{{cluster, targets, events, history, on_disk ? &file : nullptr}, {}, ""};
  const auto get = [&](std::multimap<std::string, std::string> query) {
    return std::get<WebAnswer>(api.reply(
        {.path = "/api/v1/events", .query = std::move(query), .peer = "x"}, start, morning));
  };

  const auto all = nlohmann::json::parse(get({}).body);
  CHECK(all["last"] == 1200);
  REQUIRE(all["events"].size() == 1000);
  CHECK(all["events"].front()["number"] == 201);
  CHECK(all["events"].back()["number"] == 1200);
  const auto few = nlohmann::json::parse(get({{"limit", "3"}, {"after", "7"}}).body);
  CHECK(few["events"].front()["number"] == 1198);
  CHECK(get({{"limit", "1001"}}).status == 400);
}

TEST_CASE("a disk that is full is an error each time, and no longer once it has room", "[watch]") {
  Folder folder;
  SqliteStore store{folder / "history.db"};
  REQUIRE(store.numbers({"t0", ""}));
  const auto write = [&](std::int64_t step) {
    StoreBatch batch;
    batch.samples.push_back({step, std::string(1u << 20, 'x')});
    return store.write(batch);
  };
  REQUIRE(write(1));
  {
    const FullDisk full{std::filesystem::file_size(folder / "history.db-wal")};
    for (int i = 0; i < 3; ++i) {
      const auto refused = write(2);
      REQUIRE_FALSE(refused);
      CHECK(refused.error().code == Errc::unavailable);
    }
    CHECK(store.samples()->size() == 1);  // It can be read all the same.
  }
  CHECK(write(2));
  CHECK(store.samples()->size() == 2);
  CHECK_FALSE(store.take_notice());  // Full is not broken.
  CHECK_FALSE(std::filesystem::exists(folder / "history.db.broken"));
}

}  // namespace paceline::test
