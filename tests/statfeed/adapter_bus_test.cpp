// Senders over real sockets on this machine: who they are, what they are answered, and what becomes of those who misbehave.
#include "services/statfeed/adapter_bus.h"

#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "common/wire/codec.h"
#include "tests/runtime/bus_fixture.h"
#include "tests/statfeed/adapter_fixture.h"
#include "tests/support/has.h"

namespace paceline::test {
using namespace statfeed;
namespace {

constexpr const char* row = "\n{\"target\":\"t1\",\"ready\":3}";

/// Of the last answer's text.
struct Feed {
  explicit Feed(std::string endpoint = "", bool encrypted = false) {
    targets_index.apply({{"t1", "g1", "q1"}});
    options.policy.endpoint = endpoint.empty() ? "ipc://" + (folder / "feed") : std::move(endpoint);
    options.policy.senders.run_dir = folder.path();
    options.policy.senders.encrypted = encrypted;
    for (const auto* name : {"crm-a", "crm-b"}) {
      Node node;
      node.name = name;
      options.policy.senders.nodes.push_back(node);
    }
    options.intake.senders = {"crm-a", "crm-b"};
    options.silence = 60s;
  }

  void begin() {
    adapter.emplace(options, listener, targets_index, world, loop);
    adapter->start();
  }

  Folder folder;
  Loop loop;
  Metrics metrics;
  SystemClock clock;
  NoBus bus;
  SimWorld sim{1};
  Log& log = sim.process({"a", "statfeed", 0}).log;
  SimRandom random{1};
  World world{{"a", "statfeed", 0}, 1, clock, loop, bus, log, random, metrics};
  TargetsIndex targets_index;
  RecordingListener listener;
  BusAdapter::Options options;
  std::optional<BusAdapter> adapter;
};

/// A sender as a site would write it.
struct TestSender {
  explicit TestSender(Feed& whom, zmq::socket_type type = zmq::socket_type::req)
      : feed{whom}, socket{context, type} {
    socket.set(zmq::sockopt::linger, 0);
  }
  /// With the key of that name, from the feed's own folder or another.
  void show_key(const std::string& name, const Folder& keys) {
    const auto key = [](const Folder& folder, const std::string& file) {
      return read_file(folder / ("keys/" + file)).value();
    };
    socket.set(zmq::sockopt::curve_serverkey, key(feed.folder, "a.public"));
    socket.set(zmq::sockopt::curve_publickey, key(keys, name + ".public"));
    socket.set(zmq::sockopt::curve_secretkey, key(keys, name + ".secret"));
  }
  void connect() { socket.connect(feed.options.policy.endpoint); }
  void send(const std::string& text) {
    REQUIRE(socket.send(zmq::buffer(text), zmq::send_flags::dontwait));
  }
  /// The next answer's last frame.
  std::string answer() {
    zmq::message_t frame;
    bool heard = false;
    REQUIRE(run_until(feed.loop, [&] {
      if (!heard) heard = socket.recv(frame, zmq::recv_flags::dontwait).has_value();
      return heard;
    }));
    while (frame.more()) REQUIRE(socket.recv(frame));
    return frame.to_string();
  }
  std::string say(const std::string& text) {
    send(text);
    return answer();
  }

  Feed& feed;
  zmq::context_t context;
  zmq::socket_t socket;
};

std::string free_port() {
  zmq::context_t context;
  zmq::socket_t socket{context, zmq::socket_type::rep};
  socket.bind("tcp://127.0.0.1:*");
  return socket.get(zmq::sockopt::last_endpoint);
}

}  // namespace

TEST_CASE("a REQ socket is a sender: its rows count and each message is answered", "[statfeed]") {
  Feed feed;
  feed.begin();
  TestSender sender{feed};
  sender.connect();

  const auto told = sender.say(std::string{"{\"sender\":\"crm-a\"}"} + row);

  CHECK(told == R"({"version":1,"taken":1,"refused":0,"why":"","refusals":[]})");
  CHECK(feed.listener.sessions == 1);
  CHECK(feed.listener.signs == 1);
  CHECK(feed.listener.updates.size() == statistic_kind_count);
  CHECK(feed.listener.state == SourceState{.complete = true, .each_ages = true});
  sender.say(std::string{"{\"sender\":\"crm-a\"}"} + row);
  CHECK(feed.listener.sessions == 1);
  CHECK(feed.sim.count("session_opened") == 1);
}

TEST_CASE("a DEALER socket is one too, with and without an empty frame, in MessagePack",
          "[statfeed]") {
  Feed feed;
  feed.begin();
  TestSender sender{feed, zmq::socket_type::dealer};
  sender.connect();
  const FeedMessage message{.sender = "crm-b", .rows = {{.target = "t1", .ready = 2}}};
  const auto bytes = encode(message);
  const std::string packed{bytes.begin(), bytes.end()};

  sender.send(packed);
  const auto bare = sender.answer();
  sender.socket.send(zmq::message_t{}, zmq::send_flags::sndmore);
  const auto enveloped = sender.say(packed);

  for (const auto& told : {bare, enveloped})
    CHECK(decode<FeedAnswer>({reinterpret_cast<const std::uint8_t*>(told.data()), told.size()}) ==
          FeedAnswer{.taken = 1});
}

TEST_CASE("many answers may be out at once", "[statfeed]") {
  Feed feed;
  feed.begin();
  TestSender sender{feed, zmq::socket_type::dealer};
  sender.connect();
  for (int i = 0; i < 20; ++i) sender.send(std::string{"{\"sender\":\"crm-b\"}"} + row);

  for (int i = 0; i < 20; ++i) CHECK(has(sender.answer(), "\"taken\":1"));
}

TEST_CASE("senders who die, break off or say nothing sensible hold nobody up", "[statfeed]") {
  Feed feed;
  feed.begin();
  TestSender good{feed};
  good.connect();
  for (int i = 0; i < 30; ++i) {
    TestSender dies{feed, zmq::socket_type::dealer};
    dies.connect();
    dies.send(std::string{"{\"sender\":\"crm-b\"}"} + row);  // And does not wait for the answer.
    TestSender frames{feed, zmq::socket_type::dealer};
    frames.connect();
    for (int k = 0; k < 12; ++k) frames.socket.send(zmq::buffer("x", 1), zmq::send_flags::sndmore);
    frames.send("x");
    CHECK(has(frames.answer(), "a message is one frame"));
    TestSender junk{feed};
    junk.connect();
    CHECK(has(junk.say(std::string("\xdd\xff\xff\xff\xff", 5)), "items"));
    CHECK(has(good.say(std::string{"{\"sender\":\"crm-a\"}"} + row), "\"taken\":1"));
  }
}

TEST_CASE("a sender that takes no answers loses those, and nothing else", "[statfeed]") {
  Feed feed;
  feed.options.intake.per_second = 100'000;
  feed.begin();
  TestSender deaf{feed, zmq::socket_type::dealer};
  deaf.socket.set(zmq::sockopt::rcvhwm, 1);
  deaf.socket.set(zmq::sockopt::sndhwm, 0);
  deaf.connect();
  const std::string long_answer = "{\"sender\":\"crm-b\"}\n" + [] {
    std::string rows;
    for (int i = 0; i < 100; ++i) rows += "{\"target\":\"nobody-has-a-target-of-this-name\"}\n";
    return rows;
  }();
  for (int i = 0; i < 300; ++i) deaf.send(long_answer);
  TestSender good{feed};
  good.connect();
  auto& heard =
      feed.metrics.counter("paceline_statfeed_feed_messages_total", "", {{"server", "backup"}});

  CHECK(has(good.say(std::string{"{\"sender\":\"crm-a\"}"} + row), "\"taken\":1"));
  CHECK(run_until(feed.loop, [&] { return heard.value() == 300; }));
  CHECK(has(good.say(std::string{"{\"sender\":\"crm-a\"}"} + row), "\"taken\":1"));
}

TEST_CASE("a message that is too large is answered with the bound", "[statfeed]") {
  Feed feed;
  feed.begin();
  TestSender sender{feed};
  sender.connect();

  const auto told = sender.say("{\"sender\":\"crm-a\"}\n" + std::string(max_feed_bytes, ' '));

  CHECK(has(told, "at most 4194304: send its rows in several"));
  CHECK(feed.listener.sessions == 0);
}

TEST_CASE("what is beyond all bounds ends its connection, and the next message is heard",
          "[statfeed]") {
  Feed feed;
  feed.begin();
  TestSender huge{feed, zmq::socket_type::dealer};
  huge.connect();
  huge.send(std::string(5 * max_feed_bytes, ' '));
  TestSender good{feed};
  good.connect();

  CHECK(has(good.say(std::string{"{\"sender\":\"crm-a\"}"} + row), "\"taken\":1"));
}

TEST_CASE("what a sender does wrong is told once, and once when it is over", "[statfeed]") {
  Feed feed;
  feed.begin();
  TestSender sender{feed};
  sender.connect();
  const std::string opening = "{\"sender\":\"crm-a\"}";

  for (int i = 0; i < 3; ++i) {
    CHECK(has(sender.say(opening + "\n{\"target\":\"t9\"}" + row), "not in the targets file"));
    CHECK(has(sender.say(opening.substr(1)), "the first line is not JSON"));
    CHECK(has(sender.say("{\"sender\":\"me\"}" + std::string{row}),
              "not the name of primary or backup"));
  }
  CHECK(feed.sim.count("primary_rows_refused") == 1);
  CHECK(feed.sim.count("feed_stranger") == 1);
  const auto refused = [&](const char* what) {
    return feed.metrics.counter(what, "", {{"server", "primary"}}).value();
  };
  CHECK(refused("paceline_statfeed_feed_rows_refused_total") == 3);
  CHECK(feed.metrics.counter("paceline_statfeed_feed_strangers_total", "").value() == 6);
  for (int i = 0; i < 20; ++i) sender.say(opening + row);
  CHECK(feed.sim.count("primary_rows_refused_over") == 1);
}

TEST_CASE("a sender that falls silent is lost, and begins anew when it is heard again",
          "[statfeed]") {
  Feed feed;
  feed.options.silence = 50ms;
  feed.begin();
  TestSender sender{feed};
  sender.connect();
  sender.say(std::string{"{\"sender\":\"crm-a\"}"} + row);

  REQUIRE(run_until(feed.loop, [&] { return feed.listener.state.lost; }));
  CHECK(feed.sim.count("primary_session_lost") == 1);
  sender.say(std::string{"{\"sender\":\"crm-a\"}"} + row);

  CHECK(feed.listener.sessions == 2);
  CHECK(feed.sim.count("primary_session_lost_over") == 1);
}

TEST_CASE("rows that are all refused are no sign of life", "[statfeed]") {
  Feed feed;
  feed.begin();
  TestSender sender{feed};
  sender.connect();

  sender.say("{\"sender\":\"crm-a\"}\n{\"target\":\"t9\"}");
  sender.say("{\"sender\":\"crm-a\"}");

  CHECK(feed.listener.signs == 0);
  CHECK_FALSE(feed.listener.state.complete);
}

TEST_CASE("a sender that left with its routing id may come back with it", "[statfeed]") {
  Feed feed;
  feed.begin();
  TestSender first{feed};
  first.socket.set(zmq::sockopt::routing_id, "crm");
  first.connect();
  first.say(std::string{"{\"sender\":\"crm-a\"}"} + row);
  TestSender second{feed};  // The first is still connected.
  second.socket.set(zmq::sockopt::routing_id, "crm");
  second.connect();

  CHECK(has(second.say(std::string{"{\"sender\":\"crm-a\"}"} + row), "\"taken\":1"));
}

TEST_CASE("connections are bounded, and whoever opens them takes no sender its own", "[statfeed]") {
  Feed feed;
  feed.begin();
  const auto steady_sender = [&](TestSender& sender, const char* name) {
    sender.socket.set(zmq::sockopt::reconnect_ivl, -1);  // It has this connection only.
    sender.connect();
    CHECK(has(sender.say("{\"sender\":\"" + std::string{name} + "\"}" + row), "\"taken\":1"));
  };
  TestSender primary{feed};
  TestSender backup{feed};
  steady_sender(primary, "crm-a");
  steady_sender(backup, "crm-b");
  auto& ended = feed.metrics.counter("paceline_statfeed_feed_connections_ended_total", "");

  zmq::context_t context;
  std::vector<zmq::socket_t> crowd;
  for (int i = 0; i < 60; ++i) {
    auto& one = crowd.emplace_back(context, zmq::socket_type::dealer);
    one.set(zmq::sockopt::linger, 0);
    one.set(zmq::sockopt::reconnect_ivl, -1);
    one.connect(feed.options.policy.endpoint);
    one.send(zmq::str_buffer("{\"sender\":\"crm-b\"}"), zmq::send_flags::dontwait);
  }

  REQUIRE(run_until(feed.loop, [&] { return ended.value() >= 60 + 2 - 16; }));
  CHECK(has(primary.say(std::string{"{\"sender\":\"crm-a\"}"} + row), "\"taken\":1"));
  CHECK(feed.metrics.gauge("paceline_statfeed_feed_connections", "").value() <= 16);
  CHECK(feed.sim.count("feed_crowded") == 1);
  TestSender newcomer{feed};
  newcomer.connect();
  CHECK(has(newcomer.say(std::string{"{\"sender\":\"crm-a\"}"} + row), "\"taken\":1"));
}

TEST_CASE("a socket file that vanishes is bound again", "[statfeed]") {
  Feed feed;
  feed.begin();
  REQUIRE(unlink((feed.folder / "feed").c_str()) == 0);
  REQUIRE(run_until(feed.loop, [&] { return access((feed.folder / "feed").c_str(), F_OK) == 0; }));
  TestSender sender{feed};
  sender.connect();

  CHECK(has(sender.say(std::string{"{\"sender\":\"crm-a\"}"} + row), "\"taken\":1"));
}

TEST_CASE("after stop nothing is heard", "[statfeed]") {
  Feed feed;
  feed.begin();
  TestSender sender{feed, zmq::socket_type::dealer};
  sender.connect();
  feed.adapter->stop();
  feed.adapter->stop();  // Once for each server that it is attached to.
  sender.send(std::string{"{\"sender\":\"crm-a\"}"} + row);

  for (int i = 0; i < 10; ++i) feed.loop.run_once(5ms);

  CHECK(feed.listener.updates.empty());
}

TEST_CASE("an endpoint that is taken, or keys that are missing, are told at the start",
          "[statfeed]") {
  Feed feed{free_port(), true};
  CHECK_THROWS_WITH(feed.begin(), Catch::Contains("keys/a.secret: cannot be opened") &&
                                      Catch::Contains("no key; "));
  make_keys(feed.folder, "a");
  make_keys(feed.folder, "crm-a");
  CHECK_THROWS_WITH(feed.begin(), Catch::Contains("keys/crm-b.public: cannot be opened"));
  make_keys(feed.folder, "crm-b");
  feed.begin();
  Feed second{feed.options.policy.endpoint};
  CHECK_THROWS_WITH(second.begin(), Catch::Contains("cannot bind tcp://127.0.0.1:"));
}

TEST_CASE("over tcp a key says who speaks, and who has none that is named is a stranger",
          "[statfeed]") {
  Feed feed{free_port(), true};
  for (const auto* name : {"a", "crm-a", "crm-b"}) make_keys(feed.folder, name);
  feed.begin();
  TestSender backup{feed};
  backup.show_key("crm-b", feed.folder);
  backup.connect();

  CHECK(has(backup.say(std::string{"{}"} + row), "\"taken\":1"));
  CHECK(feed.metrics.counter("paceline_statfeed_feed_messages_total", "", {{"server", "backup"}})
            .value() == 1);
  CHECK(has(backup.say(std::string{"{\"sender\":\"crm-a\"}"} + row), "the key is that of"));

  Folder elsewhere;  // Who says that he is crm-a, with a key of his own; and who has the node's.
  make_keys(elsewhere, "crm-a");
  auto& refused = feed.metrics.counter("paceline_bus_strangers_total", "");
  for (const bool is_node : {false, true}) {
    const double before = refused.value();
    TestSender forger{feed, zmq::socket_type::dealer};
    is_node ? forger.show_key("a", feed.folder) : forger.show_key("crm-a", elsewhere);
    forger.connect();
    forger.send(std::string{"{\"sender\":\"crm-a\"}"} + row);
    REQUIRE(run_until(feed.loop, [&] { return refused.value() > before; }));
  }
  CHECK(feed.sim.count("key_refused") == 1);
  const double before = refused.value();
  TestSender bare{feed, zmq::socket_type::dealer};
  bare.socket.set(zmq::sockopt::reconnect_ivl, 10);
  bare.connect();
  bare.send(std::string{"{\"sender\":\"crm-a\"}"} + row);
  REQUIRE(run_until(feed.loop, [&] { return refused.value() > before; }));
  TestSender mistaken{feed, zmq::socket_type::dealer};  // It takes another's public key for ours.
  mistaken.show_key("crm-b", feed.folder);
  mistaken.socket.set(zmq::sockopt::curve_serverkey, *read_file(feed.folder / "keys/crm-a.public"));
  mistaken.connect();
  const double with_bare = refused.value();
  REQUIRE(run_until(feed.loop, [&] { return refused.value() > with_bare + 5; }));
  CHECK(has(backup.say(std::string{"{}"} + row), "\"taken\":1"));

  CHECK(feed.metrics.counter("paceline_statfeed_feed_messages_total", "", {{"server", "primary"}})
            .value() == 0);
}

}  // namespace paceline::test
