// What watch's shell does at its bounds, on virtual time: deadlines, streams, a full disk, clocks.
#include <nlohmann/json.hpp>

#include "services/watch/adapter_store.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"
#include "tests/watch/service_fixture.h"

namespace paceline::test {
namespace {

/// A database on a disk that may be full.
struct FullDisk final : Store {
  explicit FullDisk(const std::string& path) : database{path} {}

  Result<std::vector<std::uint32_t>> numbers(const std::vector<std::string>& ids) override {
    return database.numbers(ids);
  }
  Result<void> write(const StoreBatch& batch) override {
    if (full && !batch.empty()) return fail(Errc::unavailable, "database or disk is full");
    return database.write(batch);
  }
  Result<std::vector<StoredSample>> samples() override { return database.samples(); }
  Result<std::string> chunk(int tier, std::int64_t first, std::uint32_t series) override {
    return database.chunk(tier, first, series);
  }
  Result<std::optional<std::int64_t>> oldest(int tier) override { return database.oldest(tier); }
  Result<std::vector<Event>> events(const EventQuery& query) override {
    return database.events(query);
  }
  Result<std::vector<StoredOpenDay>> open_days() override { return database.open_days(); }
  Result<StoredChain> days(std::uint32_t series) override { return database.days(series); }
  std::uint64_t bytes() override { return database.bytes(); }
  std::optional<std::string> take_notice() override { return database.take_notice(); }

  SqliteStore database;
  bool full = false;
};

std::size_t occurrences(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

/// The rows of the `targets` messages of a stream, message by message.
std::vector<std::size_t> rows_of(const std::string& streamed) {
  std::vector<std::size_t> rows;
  const std::string head = "event: targets\ndata: ";
  for (auto at = streamed.find(head); at != streamed.npos; at = streamed.find(head, at + 1)) {
    const auto begin = at + head.size();
    const auto json =
        nlohmann::json::parse(streamed.substr(begin, streamed.find('\n', begin) - begin));
    rows.push_back(json["rows"].size());
  }
  return rows;
}

std::size_t rows_kept(const Watch& watch, World& world, std::uint32_t series) {
  const auto now_ms = ms_since_1970(world.clock.wall());
  return watch.history()
      .read(series, {.from_ms = now_ms - 3'600'000, .to_ms = now_ms, .step_ms = 1}, now_ms)
      ->points.size();
}

}  // namespace

TEST_CASE("nobody waits for a silent process longer than its bound", "[watch][scenario]") {
  struct Case {
    const char* method;
    const char* path;
    Duration bound;
    int status;
  };
  for (const auto& [method, path, bound, status] :
       {Case{"GET", "/metrics", 500ms, 200}, Case{"GET", "/api/v1/targets/t1/explain", 1s, 503},
        Case{"POST", "/api/v1/handover", 2s, 503}}) {
    SimWorld sim{1};
    auto settings = config();
    settings.access.operate_token = "touch";
    Watch watch{settings, sim.process({"a", "watch", 0})};
    Client client;

    watch.ask({.method = method,
               .path = path,
               .headers = {{"authorization", "Bearer touch"}},
               .peer = "x"},
              client.exchange());
    sim.run_for(bound - 10ms);
    CAPTURE(path);
    CHECK(client.answers.empty());
    sim.run_for(20ms);

    REQUIRE(client.answers.size() == 1);
    CHECK(client.answers[0].status == status);
  }
}

TEST_CASE("what a process refuses is told as its refusal", "[watch][scenario]") {
  SimWorld sim{1};
  auto settings = config();
  settings.access.operate_token = "touch";
  Watch watch{settings, sim.process({"a", "watch", 0})};
  ControlServer elector{sim.process({"a", "elector", 0})};
  elector.question(Question::handover,
                   [](const auto&) -> Result<Bytes> { return fail("b is not fit"); });
  ControlServer pacer{sim.process({"a", "pacer", 0})};
  pacer.question(Question::explain,
                 [](const auto&) -> Result<Bytes> { return fail("not decided yet"); });
  Client client;

  watch.ask({.method = "POST",
             .path = "/api/v1/handover",
             .headers = {{"authorization", "Bearer touch"}},
             .peer = "x"},
            client.exchange());
  sim.run_for(1s);
  watch.ask({.path = "/api/v1/targets/t1/explain",
             .headers = {{"authorization", "Bearer touch"}},
             .peer = "x"},
            client.exchange());
  sim.run_for(1s);

  REQUIRE(client.answers.size() == 2);
  CHECK(client.answers[0].status == 409);
  CHECK(client.answers[0].body.find("b is not fit") != std::string::npos);
  CHECK(client.answers[1].status == 502);
  CHECK(client.answers[1].body.find("not decided yet") != std::string::npos);
}

TEST_CASE("a stream says once that the targets are others and leaves out what changed before",
          "[watch][scenario]") {
  SimWorld sim{1};
  const auto settings = config();
  Watch watch{settings, sim.process({"a", "watch", 0})};
  Client client;
  watch.ask({.path = "/api/v1/stream", .peer = "x"}, client.exchange());
  sim.run_for(1500ms);
  REQUIRE(occurrences(client.streamed, "event: renewed\n") == 0);
  StateWriter<TargetPace> writer{sim.process({"a", "pacer", 0}), "pace", {.ids = {"t0", "t1"}}};
  writer.set(1, paced(PaceReason::granted, 6));
  writer.publish({});
  sim.run_for(100ms);

  watch.take_targets(names({"t1", "t2", "t3"}), {}, "2");
  sim.run_for(5s);

  CHECK(occurrences(client.streamed, "event: renewed\ndata: {}\n\n") == 1);
  CHECK(rows_of(client.streamed).empty());
}

TEST_CASE("a stream tells two thousand changed rows a message and the rest in the next",
          "[watch][scenario]") {
  SimWorld sim{1};
  auto settings = config();
  std::vector<std::string> ids;
  settings.targets.clear();
  for (int i = 0; i < 4500; ++i) {
    ids.push_back("t" + std::to_string(i));
    settings.targets.push_back(names({ids.back().c_str()}).front());
  }
  Watch watch{settings, sim.process({"a", "watch", 0})};
  StateWriter<TargetPace> writer{sim.process({"a", "pacer", 0}), "pace", {.ids = ids}};
  Client client;
  watch.ask({.path = "/api/v1/stream", .peer = "x"}, client.exchange());

  for (std::uint32_t i = 0; i < 4500; ++i) writer.set(i, paced(PaceReason::granted, 6));
  writer.publish({});
  sim.run_for(5s);

  CHECK(rows_of(client.streamed) == std::vector<std::size_t>{2000, 2000, 500});
}

TEST_CASE("feedback of another node than the master's is passed over", "[watch][scenario]") {
  SimWorld sim{1};
  auto settings = config();
  Watch watch{settings, sim.process({"a", "watch", 0})};
  Speaker a{sim, "a"};
  Speaker b{sim, "b"};
  a.role = ElectorRole::master;
  sim.run_for(2s);
  REQUIRE(watch.cluster().master() == "a");
  const auto say = [&](const char* node, std::uint64_t sent) {
    StateWriter<TargetFeedback> publisher{
        sim.process({node, "publisher", 0}), "feedback", {.ids = {"t0", "t1"}}};
    publisher.set(0, {.sent = sent});
    publisher.publish({.epoch = "e", .term = 257, .sequence = sent});
    sim.run_for(1s);
  };

  say("b", 9);
  CHECK(watch.targets().row(0).feedback.sent == 0);
  say("a", 7);
  CHECK(watch.targets().row(0).feedback.sent == 7);
}

TEST_CASE("while the disk is full the last minutes stay in memory, and writing is tried again",
          "[watch][scenario]") {
  Folder folder;
  FullDisk disk{folder / "history.db"};
  SimWorld sim{1};
  const auto settings = config();
  World& world = sim.process({"a", "watch", 0});
  Watch watch{settings, world, &disk};
  Speaker a{sim, "a"};
  World& pacer = sim.process({"a", "pacer", 0});
  StateWriter<TargetPace> writer{pacer, "pace", {.ids = {"t0", "t1"}}};
  writer.set(0, paced(PaceReason::granted, 6));
  pacer.timers.every(1s, [&] { writer.publish({}); });
  sim.run_for(60s);

  disk.full = true;
  a.role = ElectorRole::master;
  sim.run_for(5min);
  CHECK(sim.count("history_not_written") == 1);
  Client client;
  const auto told = [&] {
    watch.ask({.path = "/api/v1/status", .peer = "x"}, client.exchange());
    return client.answers.back().body.find("\"id\":\"history_not_written\"") != std::string::npos;
  };
  CHECK(told());
  CHECK(world.metrics.counter("paceline_watch_history_failures_total", "").value() > 0);
  CHECK(watch.events().last() > 0);
  CHECK(disk.events({})->size() < watch.events().last());
  CHECK(rows_kept(watch, world, 0) >= 35);  // All six minutes.
  sim.run_for(20min);
  CHECK(rows_kept(watch, world, 0) >= 66);  // Eleven minutes, in steps of ten seconds.

  disk.full = false;
  sim.run_for(60s);
  CHECK(sim.count("history_not_written_over") == 1);
  CHECK_FALSE(told());
  CHECK(disk.events({})->size() == watch.events().last());
  sim.run_for(10min);
  CHECK(disk.samples()->size() <= History::most_samples);
}

TEST_CASE("a watch whose history is off serves, says why everywhere, and is ready all the same",
          "[watch][scenario]") {
  SimWorld sim{1};
  auto settings = config();
  settings.exposed = {"t.toml is open"};
  World& world = sim.process({"a", "watch", 0});
  Watch watch{settings, world, nullptr, "h.db: another watch writes it"};
  watch.count_connections([] {
    return Watch::Connections{.open = 3, .gave_way = 5, .turned_away = 1, .late = 2, .refused = 4};
  });
  Client client;
  const auto get = [&](const char* path) {
    watch.ask({.path = path, .peer = "x"}, client.exchange());
    sim.run_for(1s);
    return client.answers.back().body;
  };

  const auto status = nlohmann::json::parse(get("/api/v1/status"));
  CHECK(status["history_off"] == "h.db: another watch writes it");
  CHECK(status["not_ready_because"].dump().find("h.db") == std::string::npos);
  std::map<std::string, std::string> causes;
  for (const auto& cause : status["causes"]) causes[cause["id"]] = cause["cause"];
  CHECK(causes["history_off"] == "no history is kept on disk: h.db: another watch writes it");
  CHECK(causes["file_exposed"] == "t.toml is open");
  const auto events = nlohmann::json::parse(get("/api/v1/events"))["events"];
  REQUIRE(events.size() >= 2);
  CHECK(events[0]["kind"] == "history_off");
  CHECK(events[0]["detail"] == "h.db: another watch writes it");
  CHECK(events[1]["kind"] == "file_exposed");
  CHECK(events[1]["detail"] == "t.toml is open");
  for (int i = 0; i < 2; ++i) {
    const auto metrics = get("/metrics");
    for (const char* line :
         {"paceline_watch_history_off{node=\"a\",process=\"watch\",index=\"0\"} 1\n",
          "why=\"gave_way\"} 5\n", "why=\"turned_away\"} 1\n", "why=\"late\"} 2\n",
          "paceline_watch_requests_malformed_total{node=\"a\",process=\"watch\",index=\"0\"} "
          "4\n",
          "paceline_watch_causes{node=\"a\",process=\"watch\",index=\"0\",cause=\"file_exposed\"} "
          "1\n",
          "cause=\"one_way\"} 0\n"}) {
      CAPTURE(line, metrics);
      CHECK(metrics.find(line) != std::string::npos);
    }
  }
  CHECK(sim.count("history_unavailable") == 1);
  CHECK(sim.count("file_exposed") == 1);
}

TEST_CASE("a wall clock that jumps is told, and history goes on without a gap",
          "[watch][scenario]") {
  SimWorld sim{1};
  const auto settings = config();
  World& world = sim.process({"a", "watch", 0});
  Watch watch{settings, world};
  StateWriter<TargetPace> writer{sim.process({"a", "pacer", 0}), "pace", {.ids = {"t0", "t1"}}};
  writer.set(0, paced(PaceReason::granted, 6));
  writer.publish({});
  sim.run_for(2min);
  const auto before = watch.history().samples_in_memory();

  sim.step_wall("a", 40 * 24h);
  sim.run_for(2min);

  CHECK(sim.count("clock_jumped") == 1);
  CHECK(watch.history().samples_in_memory() == before + 12);
  CHECK(watch.history().samples_lost() == 0);

  sim.step_wall("a", -40 * 24h);
  sim.run_for(10s);
  CHECK(sim.count("clock_jumped_over") == 1);
}

TEST_CASE("the history file keeps the last hundred thousand events", "[watch][scenario]") {
  Folder folder;
  SqliteStore store{folder / "history.db"};
  StoreBatch batch;
  const auto add = [&](std::uint64_t number) {
    batch.events.push_back({.number = number, .wall_ms = 1, .kind = "k", .severity = "notice"});
  };
  for (std::uint64_t number = 1; number <= 50; ++number) add(number);
  add(100'000);
  REQUIRE(store.write(batch));
  SimWorld sim{1};
  const auto settings = config();
  Watch watch{settings, sim.process({"a", "watch", 0}), &store};
  Speaker a{sim, "a"};
  sim.run_for(2s);
  a.role = ElectorRole::master;
  REQUIRE(sim.run_until([&] { return watch.events().last() > 100'000; }, 10s));
  sim.run_for(1s);

  const auto kept = store.events({});
  REQUIRE(kept);
  CHECK(kept->front().number == watch.events().last() - 100'000 + 1);
}

}  // namespace paceline::test
