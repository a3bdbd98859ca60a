#include "common/ports/state_channel.h"

#include <algorithm>
#include <set>

#include "common/ports/control.h"
#include "common/wire/codec.h"
#include "tests/support/catch.h"
#include "tests/support/sim_world.h"

namespace paceline::test {
namespace {

const std::vector<std::string> ids = {"t0", "t1", "t2"};

TargetPace granted(int proactive) {
  return {.state = PaceState::ok, .reason = PaceReason::granted, .proactive = proactive};
}

// A pacer that publishes every 100 ms and answers keyframe questions.
struct Pacer {
  explicit Pacer(World& w, Duration keyframe = 1h, std::vector<std::string> known = ids)
      : world{w}, control{w}, writer{w, "pace", {.ids = std::move(known), .keyframe = keyframe}} {
    control.keyframe("pace", -1, [this] { return writer.keyframe(); });
    world.timers.every(100ms, [this] { writer.publish({.cycle = ++cycle}, 10ms); });
  }
  World& world;
  ControlServer control;
  StateWriter<TargetPace> writer;
  std::uint64_t cycle = 0;
};

struct Listener {
  explicit Listener(World& w, std::vector<std::string> known = ids)
      : world{w},
        reader{
            w,
            "pace",
            {.stale = 1s, .ask_deadline = 200ms},
            known,
            [this](const Address&, const PaceCycle& head, const std::vector<std::uint32_t>& rows) {
              cycle = head.cycle;
              changes += rows.size();
            }} {}
  World& world;
  StateReader<TargetPace> reader;
  std::uint64_t cycle = 0;
  std::size_t changes = 0;
};

}  // namespace

TEST_CASE("a late subscriber has all rows within a question and its answer", "[ports]") {
  SimWorld sim{1};
  Pacer pacer{sim.process({"a", "pacer", 0})};
  pacer.writer.set(1, granted(7));
  sim.run_for(3s);

  Listener late{sim.process({"a", "publisher", 0})};
  sim.run_for(300ms);

  REQUIRE(late.reader.known(1));
  CHECK(late.reader.row(1).proactive == 7);
  CHECK(late.reader.known(0));
}

TEST_CASE("a question brings a keyframe of ten thousand rows", "[ports]") {
  SimWorld sim{1};
  std::vector<std::string> many;
  for (int i = 0; i < 10'000; ++i) many.push_back("target-" + std::to_string(i));
  Pacer pacer{sim.process({"a", "pacer", 0}), 1h, many};
  pacer.writer.set(9999, granted(7));
  sim.run_for(1s);

  Listener late{sim.process({"a", "publisher", 0}), many};
  sim.run_for(300ms);

  CHECK(late.reader.known(9999));
  CHECK(late.reader.row(9999).proactive == 7);
  CHECK(late.reader.refused() == 0);
}

TEST_CASE("who is not accepted leaves no trace and is taken from a keyframe on once accepted",
          "[ports]") {
  SimWorld sim{1};
  Pacer pacer{sim.process({"a", "pacer", 0})};
  pacer.writer.set(1, granted(7));
  bool accepted = false;
  std::size_t passed_over = 0;
  StateReader<TargetPace> reader{
      sim.process({"a", "publisher", 0}),
      "pace",
      {.stale = 1s,
       .ask_deadline = 200ms,
       .accepts = [&](const Address&, const PaceCycle& head) { return accepted && head.cycle > 0; },
       .passed_over = [&](const Address&, const PaceCycle&) { ++passed_over; }},
      ids,
      [](const Address&, const PaceCycle&, const auto&) {}};

  sim.run_for(1s);
  CHECK(passed_over > 5);
  CHECK(reader.senders().empty());
  CHECK(!reader.known(1));

  accepted = true;
  sim.run_for(300ms);
  CHECK(reader.known(1));
  CHECK(reader.gaps() == 0);

  accepted = false;
  pacer.writer.set(1, granted(9));
  sim.run_for(300ms);
  CHECK(reader.row(1).proactive == 7);

  accepted = true;
  sim.run_for(300ms);
  CHECK(reader.row(1).proactive == 9);
  CHECK(reader.gaps() == 0);
  CHECK(reader.refused() == 0);
}

TEST_CASE("a sender that is asked before it speaks gives its keyframe", "[ports]") {
  SimWorld sim{1};
  Pacer pacer{sim.process({"a", "pacer", 0})};
  pacer.writer.set(1, granted(7));
  sim.run_for(1s);
  Listener listener{sim.process({"a", "publisher", 0})};

  listener.reader.ask({"a", "pacer", 0});
  sim.run_for(20ms);

  CHECK(listener.reader.known(1));
}

TEST_CASE("behind a gap no row is taken before all are, and what comes next is taken as usual",
          "[ports]") {
  SimWorld sim{1};
  World& world = sim.process({"a", "pacer", 0});
  ControlServer control{world};
  int questions = 0;
  StateWriter<TargetPace> writer{world, "pace", {.ids = ids, .keyframe = 1h}};
  control.keyframe("pace", -1, [&] {
    ++questions;
    return writer.keyframe();
  });
  Listener listener{sim.process({"b", "publisher", 0})};
  std::set<std::pair<int, int>> seen;  // Rows 1 and 2, at any time.
  const auto look = [&] {
    if (listener.reader.known(1))
      seen.emplace(listener.reader.row(1).proactive, listener.reader.row(2).proactive);
    return false;
  };
  const auto say = [&](std::uint32_t row, int proactive) {
    writer.set(row, granted(proactive));
    writer.publish({});
    sim.run_until(look, 50ms);
  };

  writer.publish({});  // 41, a keyframe.
  sim.run_until(look, 50ms);
  const int before = questions;
  say(1, 42);
  sim.cut("a", "b");
  say(2, 43);
  sim.heal("a", "b");
  say(1, 44);
  say(2, 45);

  CHECK(seen == std::set<std::pair<int, int>>{{0, 0}, {42, 0}, {44, 43}, {44, 45}});
  CHECK(questions == before + 1);
}

TEST_CASE("only rows that changed travel between keyframes", "[ports]") {
  SimWorld sim{1};
  Pacer pacer{sim.process({"a", "pacer", 0})};
  Listener listener{sim.process({"a", "publisher", 0})};
  sim.run_for(1s);
  const auto before = listener.changes;

  pacer.writer.set(2, granted(3));
  pacer.writer.set(1, TargetPace{});
  sim.run_for(1s);

  CHECK(listener.changes == before + 1);
  CHECK(listener.reader.row(2).proactive == 3);
}

TEST_CASE("a keyframe that is due follows its message under the same number", "[ports]") {
  SimWorld sim{1};
  sim.link({.delay_min = 1ms, .delay_max = 1ms});  // In the order in which it is sent.
  StateWriter<TargetPace> writer{
      sim.process({"a", "pacer", 0}), "pace", {.ids = ids, .keyframe = 250ms}};
  std::vector<StateFrame<TargetPace>> said;
  sim.process({"b", "stranger", 0}).bus.subscribe("pace", [&](const Address&, Payload bytes) {
    said.push_back(decode<StateFrame<TargetPace>>(bytes).value());
  });
  for (int i = 1; i <= 10; ++i) {
    writer.set(1, granted(i));
    writer.publish({});
    sim.run_for(100ms);
  }

  std::vector<std::uint64_t> behind;
  for (std::size_t i = 1; i < said.size(); ++i) {
    if (!said[i].header.keyframe) continue;
    behind.push_back(said[i].header.sequence);
    CHECK(said[i].header.sequence == said[i - 1].header.sequence);
    CHECK_FALSE(said[i - 1].header.keyframe);
    CHECK(said[i].rows.size() == 3);
    CHECK(said[i].rows[1] == said[i - 1].rows.at(0));
  }
  CHECK(behind == std::vector<std::uint64_t>{4, 7, 10});
  CHECK(said.at(0).header.keyframe);  // The first message is one, and the only one of its number.
  CHECK(said.at(1).header.sequence == 2);
}

TEST_CASE("of a keyframe that repeats what was heard no row is read again", "[ports]") {
  SimWorld sim{1};
  World& world = sim.process({"a", "pacer", 0});
  ControlServer control{world};
  StateWriter<TargetPace> writer{world, "pace", {.ids = ids, .keyframe = 1h}};
  control.keyframe("pace", -1, [&] { return writer.keyframe(); });
  Listener listener{sim.process({"b", "publisher", 0})};
  writer.set(1, granted(7));
  writer.publish({.cycle = 1});
  sim.run_for(50ms);

  auto repeated = decode<StateFrame<TargetPace>>(writer.keyframe()).value();
  repeated.rows[1] = granted(8);  // Which no writer does.
  world.bus.publish("pace", encode(repeated), -1);
  sim.run_for(50ms);
  CHECK(listener.reader.row(1).proactive == 7);

  sim.cut("a", "b");
  writer.set(1, granted(9));
  writer.publish({.cycle = 2});
  sim.run_for(50ms);
  sim.heal("a", "b");
  world.bus.publish("pace", writer.keyframe(), -1);  // For those who lost one it holds all.
  sim.run_for(50ms);
  CHECK(listener.reader.row(1).proactive == 9);
  CHECK(listener.reader.gaps() == 0);
}

TEST_CASE("a sender's keyframe brings its rows back where another one spoke after it", "[ports]") {
  SimWorld sim{1};
  World& first = sim.process({"a", "pacer", 0});
  World& second = sim.process({"a", "pacer", 1});
  StateWriter<TargetPace> one{first, "pace", {.ids = ids, .keyframe = 1h}};
  StateWriter<TargetPace> other{second, "pace", {.ids = {"t1"}, .keyframe = 1h}};
  Listener listener{sim.process({"b", "publisher", 0})};
  one.set(1, granted(7));
  one.publish({});
  sim.run_for(50ms);
  other.set(0, granted(5));
  other.publish({});
  sim.run_for(50ms);
  CHECK(listener.reader.row(1).proactive == 5);

  first.bus.publish("pace", one.keyframe(), -1);
  sim.run_for(50ms);
  CHECK(listener.reader.row(1).proactive == 7);
}

TEST_CASE("rows are found by id where sender and receiver number them otherwise", "[ports]") {
  SimWorld sim{1};
  Pacer pacer{sim.process({"a", "pacer", 0}), 1h, {"t2", "new", "t0"}};
  pacer.writer.set(0, granted(2));
  pacer.writer.set(1, granted(9));
  Listener listener{sim.process({"a", "publisher", 0})};

  sim.run_for(1s);

  CHECK(listener.reader.row(2).proactive == 2);
  CHECK(listener.reader.row(0) == TargetPace{});
  CHECK_FALSE(listener.reader.known(1));
}

TEST_CASE("a sender that falls silent is no longer fresh", "[ports]") {
  SimWorld sim{1};
  auto& world = sim.process({"a", "pacer", 0});
  auto pacer = std::make_unique<Pacer>(world);
  Listener listener{sim.process({"a", "publisher", 0})};
  sim.run_for(1s);
  REQUIRE(listener.reader.age(listener.world.clock.now()));

  pacer.reset();
  sim.stop_process({"a", "pacer", 0});
  sim.run_for(2s);

  CHECK_FALSE(listener.reader.age(listener.world.clock.now()));
}

TEST_CASE("the age of content includes what it had when it was sent", "[ports]") {
  SimWorld sim{1};
  Pacer pacer{sim.process({"a", "pacer", 0})};
  Listener listener{sim.process({"b", "publisher", 0})};
  sim.run_for(1s);

  const auto age = listener.reader.age(listener.world.clock.now());

  REQUIRE(age);
  CHECK(*age >= Duration{10ms});
  CHECK(*age <= Duration{115ms});
}

TEST_CASE("garbage and another's name on the channel are counted and change nothing", "[ports]") {
  SimWorld sim{1};
  Pacer pacer{sim.process({"a", "pacer", 0})};
  pacer.writer.set(0, granted(5));
  Listener listener{sim.process({"a", "publisher", 0})};
  auto& liar = sim.process({"a", "pacer", 1});
  sim.run_for(1s);

  liar.bus.publish("pace", Bytes{0xc1, 0xff}, -1);
  liar.bus.publish("pace", pacer.writer.keyframe(), -1);
  sim.run_for(10ms);

  CHECK(listener.reader.refused() == 2);
  CHECK(listener.reader.row(0).proactive == 5);
}

TEST_CASE("two streams of one sender are followed apart", "[ports]") {
  SimWorld sim{1};
  auto& world = sim.process({"a", "statfeed", 0});
  ControlServer control{world};
  StateWriter<TargetStat> first{world, "stat", {.ids = {"t0"}, .shard = 0}};
  StateWriter<TargetStat> second{world, "stat", {.ids = {"t1", "t2"}, .shard = 1}};
  control.keyframe("stat", 0, [&] { return first.keyframe(); });
  control.keyframe("stat", 1, [&] { return second.keyframe(); });
  auto& pacer = sim.process({"a", "pacer", 1});
  auto& watch = sim.process({"a", "watch", 0});
  StateReader<TargetStat> shard{pacer, "stat", {.shard = 1}, ids, nullptr};
  StateReader<TargetStat> all{watch, "stat", {}, ids, nullptr};

  first.set(0, {.logged_in = 1});
  second.set(1, {.logged_in = 3});
  first.publish({});
  second.publish({});
  sim.run_for(1s);

  CHECK(all.row(0).logged_in == 1);
  CHECK(all.row(2).logged_in == 3);
  CHECK(all.refused() == 0);
  CHECK(all.gaps() == 0);
  CHECK_FALSE(shard.known(0));
  CHECK(shard.row(2).logged_in == 3);
}

TEST_CASE("a writer takes other rows and its readers follow by id", "[ports]") {
  SimWorld sim{1};
  Pacer pacer{sim.process({"a", "pacer", 0})};
  Listener listener{sim.process({"a", "publisher", 0})};
  pacer.writer.set(1, granted(7));
  pacer.writer.set(2, granted(8));
  sim.run_for(1s);
  const auto asked = listener.reader.gaps();

  pacer.writer.reset_ids({"t2", "new", "t1"});
  pacer.writer.set(2, granted(9));
  sim.run_for(150ms);

  CHECK(pacer.writer.row(0).proactive == 8);
  CHECK(pacer.writer.row(1) == TargetPace{});
  CHECK(listener.reader.row(1).proactive == 9);
  CHECK(listener.reader.row(2).proactive == 8);
  CHECK_FALSE(listener.reader.known(0));  // Nobody speaks for it any more.
  CHECK(listener.reader.row(0) == TargetPace{});
  CHECK(listener.reader.gaps() == asked);
}

TEST_CASE("a reader takes other ids without losing a sender or a row", "[ports]") {
  SimWorld sim{1};
  Pacer pacer{sim.process({"a", "pacer", 0})};
  Listener listener{sim.process({"a", "publisher", 0}), {"t0", "t1"}};
  pacer.writer.set(1, granted(7));
  pacer.writer.set(2, granted(8));
  sim.run_for(1s);

  listener.reader.reset_ids({"t2", "t1"});

  CHECK(listener.reader.age(listener.world.clock.now()));
  CHECK(listener.reader.known(1));
  CHECK(listener.reader.row(1).proactive == 7);
  CHECK_FALSE(listener.reader.known(0));
  pacer.writer.set(1, granted(9));
  sim.run_for(300ms);  // The next keyframe would come in an hour: it was asked for.
  CHECK(listener.reader.row(1).proactive == 9);
  CHECK(listener.reader.row(0).proactive == 8);
}

TEST_CASE("whatever is lost doubled or overtaken every reader ends with the sender's rows",
          "[ports][scenario]") {
  const auto seed = GENERATE(range(0u, 200u));
  CAPTURE(seed);
  SimWorld sim{seed};
  sim.link({.loss = 0.3, .duplicate = 0.2, .delay_min = 1ms, .delay_max = 250ms});
  std::unique_ptr<Pacer> pacer = std::make_unique<Pacer>(sim.process({"a", "pacer", 0}), 5s);
  Listener listener{sim.process({"b", "publisher", 0})};
  for (int step = 0; step < 50; ++step) {
    const auto some_ids = [&] {
      std::vector<std::string> some;
      for (const auto at : {0, 1, 2, 0, 1})  // Any order, any subset.
        if (const auto& id = ids[(static_cast<std::size_t>(at) + sim.random().bits()) % 3];
            std::ranges::find(some, id) == some.end())
          some.push_back(id);
      return some;
    };
    if (sim.random().uniform() < 0.05) pacer->writer.reset_ids(some_ids());
    if (sim.random().uniform() < 0.05) listener.reader.reset_ids(some_ids());
    pacer->writer.set(static_cast<std::uint32_t>(sim.random().bits() % pacer->writer.size()),
                      granted(step));
    if (sim.random().uniform() < 0.02) {
      std::vector<TargetPace> rows;
      pacer->writer.reset_ids(ids);
      for (std::uint32_t i = 0; i < 3; ++i) rows.push_back(pacer->writer.row(i));
      pacer.reset();
      pacer = std::make_unique<Pacer>(sim.process({"a", "pacer", 0}), 5s);
      for (std::uint32_t i = 0; i < 3; ++i) pacer->writer.set(i, rows[i]);
    }
    sim.run_for(100ms);
  }

  sim.link({});
  pacer->writer.reset_ids({"t1", "t0", "t2"});
  listener.reader.reset_ids({"t1", "t0", "t2"});
  sim.run_for(3s);

  for (std::uint32_t i = 0; i < 3; ++i) CHECK(listener.reader.row(i) == pacer->writer.row(i));
  CHECK(listener.reader.refused() == 0);
}

TEST_CASE("a sender has no more shards and rows than the topology says", "[ports]") {
  SimWorld sim{1};
  auto& pacer = sim.process({"a", "pacer", 0});
  auto& publisher = sim.process({"a", "publisher", 0});
  StateReader<TargetPace> reader{publisher, "pace", {.shards = 2, .rows = 3}, ids, nullptr};
  StateFrame<TargetPace> frame;
  frame.header = {.sender = "a/pacer/0", .incarnation = 1, .sequence = 1, .keyframe = true};
  const auto say = [&](int shard, std::size_t rows) {
    frame.header.shard = shard;
    frame.ids.assign(rows, "t");
    frame.rows.assign(rows, {});
    frame.indices.assign(rows, 0);
    pacer.bus.publish("pace", encode(frame));
    sim.run_for(10ms);
  };

  for (int shard = 2; shard < 200; ++shard) say(shard, 1);
  say(-1, 4);
  CHECK(reader.senders().empty());
  CHECK(reader.refused() == 199);
  CHECK(sim.count("pace_refused") == 1);
  for (const int shard : {-1, 0, 1}) say(shard, 3);

  CHECK(reader.senders().size() == 3);
  CHECK(reader.refused() == 199);
}

TEST_CASE("one sender's true words do not end another's fault", "[ports]") {
  SimWorld sim{1};
  auto& liar = sim.process({"a", "pacer", 1});
  Pacer pacer{sim.process({"a", "pacer", 0})};
  Listener listener{sim.process({"a", "publisher", 0})};

  for (int i = 0; i < 50; ++i) {
    liar.bus.publish("pace", Bytes{1, 2, 3});
    sim.run_for(100ms);
  }

  CHECK(listener.reader.refused() == 50);
  CHECK(sim.count("pace_refused") == 1);
  CHECK(sim.count("pace_refused_over") == 0);
}

}  // namespace paceline::test
