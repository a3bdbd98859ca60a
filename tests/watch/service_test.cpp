#include "services/watch/service.h"

#include <nlohmann/json.hpp>

#include "services/watch/adapter_store.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"
#include "tests/watch/service_fixture.h"

namespace paceline::test {

TEST_CASE("roles follow a failover on every seed", "[watch][scenario]") {
  const auto seed = GENERATE(range(0u, 200u));
  CAPTURE(seed);
  SimWorld sim{seed};
  sim.link({.loss = 0.02, .duplicate = 0.01, .delay_min = 1ms, .delay_max = 30ms});
  const auto settings = config();
  Watch watch{settings, sim.process({"a", "watch", 0})};
  Speaker a{sim, "a"};
  Speaker b{sim, "b"};
  Speaker w{sim, "w"};
  w.role = ElectorRole::observer;
  a.role = ElectorRole::master;
  auto& world = sim.process({"a", "observer", 0});
  const auto role = [&](const char* node) {
    return find_node(watch.cluster().status(world.clock.now(), world.clock.wall()), node)->role;
  };
  REQUIRE(sim.run_until([&] { return role("a") == NodeRole::master; }, 3s));

  sim.stop_process({"a", "elector", 0});
  REQUIRE(sim.run_until([&] { return role("a") == NodeRole::down; }, 3s));
  b.role = ElectorRole::master;
  b.term = 514;
  w.term = 514;
  REQUIRE(sim.run_until([&] { return role("b") == NodeRole::master; }, 3s));
  sim.run_for(1s);

  const auto events = watch.events().since(0, 1000);
  const auto told = [&](std::string_view kind, std::string_view subject) {
    return std::ranges::any_of(
        events, [&](const Event& event) { return event.kind == kind && event.subject == subject; });
  };
  CHECK(told("master_lost", "a"));
  CHECK(told("master_changed", "b"));
  CHECK(role("w") == NodeRole::witness);
}

TEST_CASE("other targets are shown and those that stay keep what was heard", "[watch][scenario]") {
  SimWorld sim{7};
  const auto settings = config();
  Watch watch{settings, sim.process({"a", "watch", 0})};
  World& pacer = sim.process({"a", "pacer", 0});
  ControlServer control{pacer};
  StateWriter<TargetPace> rows{pacer, "pace", {.ids = {"t0", "t1", "t2"}, .keyframe = 1h}};
  control.keyframe("pace", -1, [&] { return rows.keyframe(); });
  for (std::uint32_t i = 0; i < 3; ++i) rows.set(i, paced(PaceReason::granted, 7 + int(i)));
  for (int second = 0; second < 11; ++second) {
    rows.publish({});
    sim.run_for(1s);
  }

  auto targets = names({"t2", "t1"});
  targets[1].options.optimization_goal = 9;
  CHECK(watch.take_targets(targets, {}, "2") == "2 targets: 1 added, 1 removed");

  REQUIRE(watch.targets().size() == 2);
  CHECK(watch.targets().row(1).pace.proactive == 8);
  CHECK_FALSE(watch.targets().row(0).has_pace);
  sim.run_for(1s);
  CHECK(watch.targets().row(0).pace.proactive == 9);  // By a keyframe that was asked for.
  Result<Bytes> held = fail("not answered");
  sim.process({"a", "pacelinectl", 0})
      .bus.ask({"a", "watch", 0}, encode(request_of(Question::targets)), 1s,
               [&](Result<Bytes> answer) { held = std::move(answer); });
  sim.run_for(1s);
  REQUIRE(held);
  CHECK(decode<ControlReply>(*held)->body ==
        "id,channel,group,queue,optimizationGoal\nt2,chat,group-t2,queue-t2,3\n"
        "t1,chat,group-t1,queue-t1,9\n");
}

TEST_CASE("metrics come from every process, and silence is told", "[watch][scenario]") {
  SimWorld sim{1};
  const auto settings = config();
  Watch watch{settings, sim.process({"a", "watch", 0})};
  auto& pacer = sim.process({"a", "pacer", 0});
  ControlServer control{pacer};
  pacer.metrics.counter("paceline_pacer_decisions_total", "Decisions.").add(42);
  Client first;
  Client second;

  watch.ask({.path = "/metrics", .peer = "x"}, first.exchange());
  watch.ask({.path = "/metrics", .peer = "x"}, second.exchange());
  sim.run_for(1s);

  REQUIRE(first.answers.size() == 1);
  REQUIRE(second.answers.size() == 1);
  const auto& text = first.answers[0].body;
  CHECK(text.find("paceline_pacer_decisions_total{node=\"a\",process=\"pacer\",index=\"0\"} 42") !=
        std::string::npos);
  CHECK(text.find("paceline_process_up{node=\"a\",process=\"elector\",index=\"0\"} 0") !=
        std::string::npos);
}

TEST_CASE("an explanation is the pacer's own, and says that nobody publishes it",
          "[watch][scenario]") {
  SimWorld sim{2};
  const auto settings = config();
  Watch watch{settings, sim.process({"a", "watch", 0})};
  ControlServer control{sim.process({"a", "pacer", 0})};
  control.question(Question::explain, [](const auto& words) -> Result<Bytes> {
    return encode(Explanation{.target = words.at(0),
                              .reason = PaceReason::ceiling,
                              .sentence = "as many as may be.",
                              .steps = {}});
  });
  Client client;

  watch.ask({.path = "/api/v1/targets/t1/explain", .peer = "x"}, client.exchange());
  sim.run_for(1s);

  REQUIRE(client.answers.size() == 1);
  CHECK(client.answers[0].body ==
        R"({"target":"t1","reason":"ceiling","sentence":"as many as may be. )"
        R"(Nobody is master, so nothing is published.","steps":[]})");
}

TEST_CASE("a pacer that is gone explains nothing, in time", "[watch][scenario]") {
  SimWorld sim{3};
  const auto settings = config();
  Watch watch{settings, sim.process({"a", "watch", 0})};
  Client client;

  watch.ask({.path = "/api/v1/targets/t1/explain", .peer = "x"}, client.exchange());
  sim.run_for(2s);

  REQUIRE(client.answers.size() == 1);
  CHECK(client.answers[0].status == 503);
}

TEST_CASE("a live stream has status, changed targets and events, and ends with its reader",
          "[watch][scenario]") {
  SimWorld sim{4};
  const auto settings = config();
  Watch watch{settings, sim.process({"a", "watch", 0})};
  auto& pacer = sim.process({"a", "pacer", 0});
  StateWriter<TargetPace> writer{pacer, "pace", {.ids = {"t0", "t1"}}};
  Client client;
  watch.ask({.path = "/api/v1/stream", .peer = "x"}, client.exchange());
  REQUIRE(client.streaming);
  sim.run_for(1500ms);
  client.streamed.clear();

  writer.set(1, paced(PaceReason::granted, 6));
  writer.publish({});
  sim.run_for(2s);

  CHECK(client.streamed.find("event: status\n") != std::string::npos);
  CHECK(client.streamed.find("event: targets\n") != std::string::npos);
  CHECK(client.streamed.find("\"t1\"") != std::string::npos);
  client.gone = true;
  sim.run_for(2s);
  CHECK(watch.streams() == 0);
}

TEST_CASE("no more streams open than may be", "[watch][scenario]") {
  SimWorld sim{5};
  auto settings = config();
  settings.max_streams = 2;
  Watch watch{settings, sim.process({"a", "watch", 0})};
  Client client;

  for (int i = 0; i < 3; ++i) watch.ask({.path = "/api/v1/stream", .peer = "x"}, client.exchange());

  CHECK(watch.streams() == 2);
  REQUIRE(client.answers.size() == 1);
  CHECK(client.answers[0].status == 503);
}

TEST_CASE("garbage and impostors on the bus are counted and change nothing", "[watch][scenario]") {
  SimWorld sim{6};
  const auto settings = config();
  Watch watch{settings, sim.process({"a", "watch", 0})};
  auto& liar = sim.process({"b", "elector", 0});
  liar.timers.every(100ms, [&] {
    const Bytes garbage{0xdd, 0xff, 0xff, 0xff, 0xff};
    for (const char* channel : {"heartbeat", "publication"}) liar.bus.publish(channel, garbage);
    liar.bus.publish("heartbeat", encode(says("a", ElectorRole::master, 9999)));
  });
  sim.run_for(2s);

  auto& world = sim.process({"a", "observer", 0});
  const auto status = watch.cluster().status(world.clock.now(), world.clock.wall());
  CHECK(status.master.empty());
  CHECK(sim.count("message_refused") >= 1);
}

TEST_CASE("the control question cluster gives the status as JSON", "[watch][scenario]") {
  SimWorld sim{7};
  const auto settings = config();
  Watch watch{settings, sim.process({"a", "watch", 0})};
  watch.set_watch_url("http://127.0.0.1:5/");
  auto& operator_ = sim.process({"a", "pacelinectl", 0});
  std::string body;
  operator_.bus.ask({"a", "watch", 0}, encode(request_of(Question::cluster)), 1s,
                    [&](Result<Bytes> answer) {
                      REQUIRE(answer);
                      body = decode<ControlReply>(*answer)->body;
                    });
  sim.run_for(1s);

  CHECK(nlohmann::json::parse(body)["watch_url"] == "http://127.0.0.1:5/");
}

TEST_CASE("a hand-over is asked of the elector here", "[watch][scenario]") {
  SimWorld sim{3};
  auto settings = config();
  settings.access.operate_token = "touch";
  Watch watch{settings, sim.process({"a", "watch", 0})};
  ControlServer control{sim.process({"a", "elector", 0})};
  std::string asked;
  control.question(Question::handover, [&](const auto& words) -> Result<Bytes> {
    asked = words.at(0);
    return encode(StatusReply{{{"handover", "asked"}}});
  });
  Client client;

  watch.ask({.method = "POST",
             .path = "/api/v1/handover",
             .query = {{"to", "b"}},
             .headers = {{"authorization", "Bearer touch"}},
             .peer = "x"},
            client.exchange());
  sim.run_for(1s);

  REQUIRE(client.answers.size() == 1);
  CHECK(client.answers[0].status == 202);
  CHECK(client.answers[0].body == R"({"handover":"asked"})");
  CHECK(asked == "b");
}

TEST_CASE("events and their numbers outlive a restart", "[watch][scenario]") {
  Folder folder;
  const auto settings = config();
  std::uint64_t last = 0;
  {
    SqliteStore store{folder / "history.db"};
    SimWorld sim{4};
    Watch watch{settings, sim.process({"a", "watch", 0}), &store};
    Speaker a{sim, "a"};
    sim.run_for(2s);
    a.role = ElectorRole::master;
    REQUIRE(sim.run_until([&] { return watch.events().last() > 0; }, 5s));
    sim.run_for(1s);
    last = watch.events().last();
  }
  SqliteStore store{folder / "history.db"};
  SimWorld sim{5};
  Watch watch{settings, sim.process({"a", "watch", 0}), &store};

  CHECK(watch.events().last() == last);
  CHECK(watch.events().since(0, 1000).size() == last);
  CHECK(store.events({})->size() == last);
}

TEST_CASE("pacelinectl's questions get what REST answers", "[watch][scenario]") {
  SimWorld sim{6};
  const auto settings = config();
  Watch watch{settings, sim.process({"a", "watch", 0})};
  auto& asker = sim.process({"a", "asker", 0});
  const auto ask = [&](std::vector<std::string> words) {
    std::string said;
    asker.bus.ask(
        {"a", "watch", 0}, encode(request_of(Question::history, std::move(words))), 1s,
        [&](Result<Bytes> bytes) {
          REQUIRE(bytes);
          const auto reply = decode<ControlReply>(*bytes);
          REQUIRE(reply);
          said = reply->ok ? std::string{reply->body.begin(), reply->body.end()} : reply->error;
        });
    sim.run_for(1s);
    return said;
  };

  CHECK(nlohmann::json::parse(ask({"t0"}))["target"] == "t0");
  CHECK(nlohmann::json::parse(ask({"*", "-2h", "", "1m"}))["step_s"] == 60);
  CHECK(ask({"t9"}).find("no target 't9'") != std::string::npos);
  CHECK(ask({"t0", "yesterday"}).find("yesterday") != std::string::npos);
  CHECK(ask({}).find("1 to 4") != std::string::npos);
}

}  // namespace paceline::test
