// When a pacer writes its checkpoint, which ones it takes up, and what it does without.
#include "common/wire/codec.h"
#include "tests/pacer/node_of_pacer.h"
#include "tests/support/catch.h"

namespace paceline::test {
namespace {

constexpr Learned experienced{{.accepted = 40, .answers = 100, .answers_ever = 100}};

/// A node whose pacer begins with what `store` has.
struct Beginning : NodeOfPacer {
  explicit Beginning(PacerConfig its_config = one_shard({"sales", "help"}))
      : NodeOfPacer{1, std::move(its_config)} {
    stop();
    feed->set(0, calm_stat());
  }
  std::string saved_before(Duration age) {
    return encode_checkpoint({.saved = sim.process({"a", "asker", 0}).clock.wall() - age,
                              .targets = {{"sales", experienced}}});
  }
  double metric(const std::string& name) {
    std::optional<double> value;
    ask_control<MetricsReply>(sim.process({"a", "asker", 0}).bus, {"a", "pacer", 0},
                              request_of(Question::metrics), 1s, [&](Result<MetricsReply> reply) {
                                REQUIRE(reply);
                                for (const auto& family : reply->families)
                                  if (family.name == name) value = family.samples.at(0).value;
                              });
    sim.run_for(1s);
    REQUIRE(value);
    return *value;
  }
};

}  // namespace

TEST_CASE("a checkpoint is taken up until it is too old and then refused whole",
          "[pacer][scenario]") {
  struct Case {
    Duration most, age;
    bool taken;
  };
  for (const auto& [most, age, taken] :
       {Case{24h, 23h, true}, Case{24h, 25h, false}, Case{10s, 11s, false}, Case{10s, 9s, true}}) {
    PacerConfig config = one_shard({"sales"});
    config.checkpoint_max_age = most;
    Beginning node{config};
    node.store.bytes = node.saved_before(age);

    node.start();
    node.sim.run_for(2s);

    CAPTURE(to_seconds(most), to_seconds(age));
    CHECK(node.sim.count("checkpoint_taken_up") == (taken ? 1 : 0));
    CHECK(node.sim.count("checkpoint_refused") == (taken ? 0 : 1));
    CHECK((node.heard->row(0).reason == PaceReason::warm_up) == !taken);
  }
}

TEST_CASE("without a checkpoint or with a damaged one targets start from the priors",
          "[pacer][scenario]") {
  Beginning node;
  SECTION("none") {
    node.start();
    CHECK(node.sim.count("checkpoint_refused") == 0);
  }
  SECTION("damaged") {
    node.store.bytes = node.saved_before(1s);
    node.store.bytes.pop_back();
    node.start();
    CHECK(node.sim.count("checkpoint_refused") == 1);
  }
  node.sim.run_for(2s);

  CHECK(node.sim.count("checkpoint_taken_up") == 0);
  CHECK(node.heard->row(0).acceptance == Approx(0.3));
  CHECK(node.heard->row(0).reason == PaceReason::warm_up);
}

TEST_CASE(
    "a target that comes with a reload takes up what lies beside the checkpoint, those that stay "
    "do not",
    "[pacer][scenario]") {
  PacerConfig config = one_shard({"help"});
  config.checkpoint_max_age = 24h;
  Beginning node{config};
  node.start();
  node.sim.run_for(2s);
  node.store.siblings = {
      encode_checkpoint({.saved = node.sim.process({"a", "asker", 0}).clock.wall() - 30s,
                         .targets = {{"sales", experienced}, {"help", experienced}}})};
  const auto cold = node.metric("paceline_pacer_cold_targets");

  node.pacer->take_targets(one_shard({"help", "sales", "new"}).shard, "2");
  node.sim.run_for(2s);

  CHECK(cold == 1);
  CHECK(node.sim.count("others_checkpoint_taken_up") == 1);
  CHECK(node.metric("paceline_pacer_cold_targets") == 2);  // help and new.
}

TEST_CASE("what lies beside the checkpoint and is too old is not taken up by a reload",
          "[pacer][scenario]") {
  PacerConfig config = one_shard({"help"});
  config.checkpoint_max_age = 10s;
  Beginning node{config};
  node.start();
  node.sim.run_for(2s);
  node.store.siblings = {node.saved_before(11s)};

  node.pacer->take_targets(one_shard({"help", "sales"}).shard, "2");
  node.sim.run_for(2s);

  CHECK(node.sim.count("checkpoint_refused") == 1);
  CHECK(node.metric("paceline_pacer_cold_targets") == 2);
}

TEST_CASE("a checkpoint is written every period", "[pacer][scenario]") {
  PacerConfig config = one_shard({"sales"});
  config.checkpoint_period = 5s;
  Beginning node{config};
  node.start();
  node.sim.run_for(4s);
  CHECK(node.store.bytes.empty());
  node.sim.run_for(2s);
  const auto first = node.store.bytes;
  CHECK(decode_checkpoint(first)->targets.at(0).first == "sales");

  node.sim.run_for(5s);
  CHECK(node.store.bytes != first);
}

TEST_CASE("a checkpoint that cannot be written is counted and told once, and pacing goes on",
          "[pacer][scenario]") {
  PacerConfig config = one_shard({"sales"});
  config.checkpoint_period = 5s;
  Beginning node{config};
  node.store.full = true;
  node.start();
  node.sim.run_for(21s);

  CHECK(node.sim.count("checkpoint_not_saved") == 1);
  CHECK(node.metric("paceline_pacer_checkpoint_failures_total") == 4);
  CHECK(node.heard->row(0).max_pending == 4);

  node.store.full = false;
  node.sim.run_for(5s);
  CHECK(node.sim.count("checkpoint_not_saved_over") == 1);
  CHECK_FALSE(node.store.bytes.empty());
}

}  // namespace paceline::test
