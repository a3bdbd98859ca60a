// A cold pacer takes up what other nodes' pacers learned, if that may be taken up.
#include "common/wire/codec.h"
#include "tests/pacer/node_of_pacer.h"
#include "tests/support/catch.h"

namespace paceline::test {
namespace {

constexpr Learned served_before{{.accepted = 40, .answers = 100, .answers_ever = 100}};

// A pacer that answers what the test gives it.
struct FakePeer {
  FakePeer(SimWorld& sim, int index, Result<std::string> says)
      : world{sim.process({"b", "pacer", index})}, desk{world} {
    desk.question(Question::learned, [this, says](const auto&) -> Result<Bytes> {
      ++asked;
      if (!says) return tl::unexpected(says.error());
      return Bytes{says->begin(), says->end()};
    });
  }
  World& world;
  ControlServer desk;
  int asked = 0;
};

// A node that starts without a checkpoint, beside b, which has two pacers.
struct ColdNode : NodeOfPacer {
  explicit ColdNode(unsigned seed = 1, PacerConfig its_config = one_shard({"sales", "help"}))
      : NodeOfPacer{seed, std::move(its_config)} {
    stop();
    sim.keep_within_node({"pace"});
    config.peers = {{"b", 0}, {"b", 1}};
    feed->set(0, calm_stat());
    feed->set(1, calm_stat());
  }
  std::uint32_t cold() const { return heard->senders().at({{"a", "pacer", 0}, -1}).head.cold; }
  WallTime wall() { return sim.process({"a", "asker", 0}).clock.wall(); }
  std::string of(std::vector<std::pair<std::string, Learned>> targets, Duration age = 0s) {
    return encode_checkpoint({.saved = wall() - age, .targets = std::move(targets)});
  }
};

}  // namespace

TEST_CASE("a cold pacer takes up what a warm one of another node learned", "[pacer][scenario]") {
  const auto seed = GENERATE(range(0u, 50u));
  CAPTURE(seed);
  ColdNode node{seed};
  MemoryStore store;
  store.bytes = node.of({{"sales", served_before}, {"elsewhere", served_before}});
  PacerConfig theirs = node.config;
  theirs.peers = {};
  Pacer warm{theirs, node.sim.process({"b", "pacer", 0}), store};
  FakePeer other{node.sim, 1, node.of({{"help", served_before}})};

  node.start();
  node.sim.run_for(4s);

  CHECK(node.heard->row(0).acceptance == Approx(0.39).margin(0.02));
  CHECK(node.heard->row(0).reason != PaceReason::warm_up);
  CHECK(node.heard->row(1).acceptance == node.heard->row(0).acceptance);
  CHECK(node.cold() == 0);
  CHECK(node.sim.count("learned_from") == 2);
  CHECK(node.sim.count("peers_asked") == 1);
}

TEST_CASE("a pacer that knows all its targets asks nobody", "[pacer][scenario]") {
  ColdNode node;
  FakePeer peer{node.sim, 0, node.of({})};
  node.store.bytes = node.of({{"sales", served_before}, {"help", served_before}});

  node.start();
  node.sim.run_for(10s);

  CHECK(peer.asked == 0);
  CHECK(node.cold() == 0);
}

TEST_CASE("targets with nothing learned are cold until they have had their warm-up",
          "[pacer][scenario]") {
  PacerConfig config = one_shard({"sales", "help", "off"});
  config.shard.targets[2].options.enabled = false;
  ColdNode node{1, config};
  node.config.peers = {};
  node.start();
  node.sim.run_for(1s);
  CHECK(node.cold() == 2);

  for (std::uint64_t cycle = 1; cycle <= 12; ++cycle) {
    node.publisher->set(0, {.sent = 2 * cycle, .accepted = cycle, .rejected = cycle});
    node.publisher->publish({.epoch = "e", .term = 1, .sequence = cycle});
    node.sim.run_for(1s);
  }

  CHECK(node.cold() == 1);
}

TEST_CASE("what a peer learned is refused when it is too old or damaged or no checkpoint",
          "[pacer][scenario]") {
  ColdNode node;
  std::string damaged = node.of({{"sales", served_before}});
  char& middle = damaged[damaged.size() / 2];
  middle = static_cast<char>(middle ^ 1);
  const auto says = GENERATE_REF(values<Result<std::string>>(
      {node.of({{"sales", served_before}}, 25h), damaged, std::string{"PLCK"}, std::string{},
       fail("I do not tell"),
       encode_checkpoint({.saved = WallTime::min(), .targets = {{"sales", served_before}}})}));
  FakePeer peer{node.sim, 0, says};
  FakePeer other{node.sim, 1, node.of({})};

  node.start();
  node.sim.run_for(10s);

  CHECK(node.sim.count("learned_refused") == 1);
  CHECK(node.sim.count("learned_from") == 0);
  CHECK(node.sim.count("peers_asked") == 1);
  CHECK(peer.asked == 1);
  CHECK(node.heard->row(0).reason == PaceReason::warm_up);
  CHECK(node.cold() == 2);
}

TEST_CASE("what a peer learned of other targets is passed over", "[pacer][scenario]") {
  ColdNode node;
  FakePeer peer{node.sim, 0, node.of({{"foreign", served_before}})};
  FakePeer other{node.sim, 1, node.of({{"sales", Learned{{}, {.ends = 9}}}})};

  node.start();
  node.sim.run_for(10s);

  CHECK(node.sim.count("learned_from") == 0);
  CHECK(node.sim.count("learned_refused") == 0);
  CHECK(node.cold() == 2);
}

TEST_CASE("a target that knows something itself keeps it", "[pacer][scenario]") {
  ColdNode node;
  constexpr Learned own{{.accepted = 90, .answers = 100, .answers_ever = 100}};
  node.store.bytes = node.of({{"sales", own}});
  FakePeer peer{node.sim, 0, node.of({{"sales", served_before}, {"help", served_before}})};

  node.start();
  node.sim.run_for(4s);

  CHECK(node.heard->row(0).acceptance > 0.7);
  CHECK(node.heard->row(1).acceptance < 0.5);
  CHECK(node.cold() == 0);
}

TEST_CASE("peers that are silent are given up within a bound and that is said",
          "[pacer][scenario]") {
  ColdNode node;

  node.start();
  node.sim.run_for(3min);

  CHECK(node.sim.count("peers_silent") == 1);
  CHECK(node.cold() == 2);

  FakePeer late{node.sim, 0, node.of({{"sales", served_before}})};
  node.sim.run_for(30min);
  CHECK(late.asked == 0);
}

TEST_CASE("a peer that is there only after a while is still asked", "[pacer][scenario]") {
  ColdNode node;
  node.start();
  node.sim.run_for(15s);

  FakePeer late{node.sim, 0, node.of({{"sales", served_before}, {"help", served_before}})};
  node.sim.run_for(1min);

  CHECK(late.asked == 1);
  CHECK(node.cold() == 0);
}

TEST_CASE("what a pacer tells its peers is made anew every ten seconds at most",
          "[pacer][scenario]") {
  ColdNode node;
  node.config.peers = {};
  node.store.bytes = node.of({{"sales", served_before}});
  node.start();
  World& asker = node.sim.process({"b", "pacer", 0});
  const auto ask = [&] {
    std::string told;
    asker.bus.ask({"a", "pacer", 0}, encode(request_of(Question::learned)), 1s,
                  [&](Result<Bytes> answer) {
                    REQUIRE(answer);
                    told = decode<ControlReply>(*answer)->body;
                  });
    node.sim.run_for(500ms);
    return told;
  };

  const auto first = ask();
  const auto known = decode_checkpoint(first);
  REQUIRE(known);
  REQUIRE(known->targets.size() == 1);  // Of "help" nothing is known.
  CHECK(known->targets[0].first == "sales");
  node.sim.run_for(8s);
  CHECK(ask() == first);
  node.sim.run_for(2s);
  CHECK(ask() != first);
}

}  // namespace paceline::test
