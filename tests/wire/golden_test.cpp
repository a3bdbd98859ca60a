// The bytes of every message as they have been since version 1 of the wire: what changes one breaks the nodes beside it.
#include <fmt/format.h>

#include <fstream>
#include <map>

#include "common/wire/codec.h"
#include "common/wire/feed.h"
#include "tests/support/catch.h"
#include "tests/support/source_folder.h"

namespace paceline::test {
namespace {

/// Name of a message -> its bytes in hexadecimal, as recorded in that file.
std::map<std::string, std::string> recorded(const std::string& file) {
  std::ifstream in{source_folder() + "/tests/wire/" + file};
  std::map<std::string, std::string> all;
  std::string name;
  std::string bytes;
  while (in >> name >> bytes) all[name] = bytes;
  return all;
}

template <class Message>
std::string hexadecimal(const Message& message) {
  std::string text;
  for (const auto byte : encode(message)) text += fmt::format("{:02x}", byte);
  return text;
}

Bytes bytes_of(const std::string& hexadecimal) {
  Bytes bytes;
  for (std::size_t at = 0; at < hexadecimal.size(); at += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(hexadecimal.substr(at, 2), nullptr, 16)));
  return bytes;
}

StateFrame<TargetStat> stat_frame() {
  StateFrame<TargetStat> stat;
  stat.header = {.sender = "a/statfeed/0",
                 .shard = 2,
                 .incarnation = 99,
                 .sequence = 3,
                 .keyframe = true,
                 .dictionary = 0xffffffffffffffff,
                 .age_ns = 12345};
  stat.head = {.in_use = "primary",
               .primary_up = true,
               .backup_up = false,
               .switches = 3,
               .targets_visible = 40,
               .targets_unseen = 2,
               .updates_per_second = 12.5,
               .push_doubt = "polls show 7",
               .backup_trouble = "it is silent"};
  stat.ids = {"t00"};
  stat.indices = {0};
  stat.rows = {{.quality = StatQuality::good,
                .logged_in = 12,
                .ready = 3,
                .busy = 7,
                .after_call_work = 1,
                .not_ready = 1,
                .in_queue = 2,
                .entered = 1ull << 60,
                .answered = 5,
                .abandoned = 6,
                .handling_time_s = 240.5,
                .waiting_time_s = 0,
                .age_s = 0.25,
                .slots = 36,
                .in_handling = 25}};
  return stat;
}

StateFrame<TargetPace> golden_pace() {
  StateFrame<TargetPace> pace;
  pace.header = {.sender = "a/pacer/1",
                 .shard = 1,
                 .incarnation = 9,
                 .sequence = 70000,
                 .keyframe = false,
                 .dictionary = 7,
                 .age_ns = 0};
  pace.head = {.cycle = 7,
               .decided = 2,
               .decide_us = 1.25,
               .stat_age_s = 0.5,
               .feedback_age_s = -1,
               .cold = 6};
  pace.indices = {5, 300};
  pace.rows = {{.state = PaceState::ok,
                .reason = PaceReason::granted,
                .proactive = 4,
                .max_pending = 9,
                .reactive = 1,
                .reactive_state = 0.5,
                .predicted_wait_s = 3,
                .logged_in = 12,
                .ready = 3,
                .busy = 7,
                .after_call_work = 1,
                .in_queue = 2,
                .pending = 5,
                .acceptance = 0.3,
                .abandonment = 0.02,
                .busy_factor = 0.9,
                .goal = 3},
               {.state = PaceState::disabled, .reason = PaceReason::disabled, .reactive_state = 0}};
  return pace;
}

StateFrame<TargetFeedback> feedback_frame() {
  StateFrame<TargetFeedback> fb;
  fb.header.sender = "b/publisher/0";
  fb.head = {.epoch = "e1", .term = 257, .sequence = 8};
  fb.indices = {1};
  fb.rows = {{.sent = 10,
              .accepted = 4,
              .rejected = 3,
              .timed_out = 2,
              .answered = 1,
              .abandoned = 1,
              .pending = 1}};
  return fb;
}

ElectionMessage golden_heartbeat() {
  return {.cluster = "demo",
          .config = 7,
          .node = "a",
          .incarnation = 1,
          .sequence = 2,
          .kind = ElectionMessageKind::heartbeat,
          .term = 513,
          .to = "b",
          .timestamp_ns = -5,
          .extends = false,
          .ok = true,
          .target = "c",
          .why = "quorum",
          .role = ElectorRole::master,
          .priority = 100,
          .tier = 1,
          .master = "a",
          .master_since_ms = 1700000000000,
          .seen = {{"b", 12}, {"w", -1}},
          .wall_ms = 1700000000001,
          .targets = "v",
          .maintenance = "new disk",
          .pause = "sale",
          .pause_ms = 1700000000002};
}

Grant grant() {
  return Grant{.node = "a",
               .incarnation = 3,
               .sequence = 4,
               .term = 257,
               .expires_ns = INT64_MAX,
               .boot = "boot",
               .why = "why",
               .publisher = 8,
               .pause = "sale"};
}

// As Python's msgpack packs the same with floats: what a sender writes.
FeedMessage feed() {
  return {.sender = "crm-a",
          .rows = {{.target = "t00",
                    .logged_in = 12,
                    .ready = 3,
                    .busy = 9,
                    .in_queue = 2,
                    .entered = 8120,
                    .answered = 7990,
                    .abandoned = 64,
                    .after_call_work = 1,
                    .not_ready = 2,
                    .handling_time_s = 240.5,
                    .waiting_time_s = 8,
                    .age_s = 1.5,
                    .timestamp_ms = 1764432000123,
                    .in_handling = 25,
                    .slots = 36}}};
}

PublicationReport report() {
  return PublicationReport{.node = "b",
                           .incarnation = 1,
                           .report = 2,
                           .pid = 3,
                           .open = true,
                           .term = 4,
                           .stopped_term = 5,
                           .fenced_by = 6,
                           .sequence = 7,
                           .outcome = PublicationOutcome::accepted,
                           .status = 200,
                           .detail = "d",
                           .round_trip_ms = 12.75,
                           .period_ms = 2000,
                           .targets = 50,
                           .rejected_targets = 1,
                           .body_bytes = 2,
                           .sent_bytes = 3,
                           .cycles = 4,
                           .skipped_cycles = 5,
                           .since_accepted_s = 0.5,
                           .pace_age_s = -1,
                           .endpoint_reachable = true,
                           .endpoint_tried = true,
                           .capacity_targets = -1,
                           .prompts = 6,
                           .requests = 7,
                           .wire_bytes = 8,
                           .token_usable = true,
                           .token_error = "t",
                           .failed_in_a_row = 9,
                           .disputed_term = 10,
                           .clock_skew_ms = -11.5,
                           .clock_skew_error_ms = 500,
                           .targets_version = "v",
                           .awaiting_targets = 12,
                           .stat_age_s = 0.25,
                           .paced_targets = 51,
                           .paused = true};
}

}  // namespace

TEST_CASE("the bytes of every message are those of wire version 1", "[wire]") {
  const auto golden = recorded("codec_golden.txt");
  REQUIRE(golden.size() == 14);

  CHECK(hexadecimal(stat_frame()) == golden.at("stat"));
  CHECK(hexadecimal(golden_pace()) == golden.at("pace"));
  CHECK(hexadecimal(feedback_frame()) == golden.at("feedback"));
  CHECK(hexadecimal(golden_heartbeat()) == golden.at("heartbeat"));
  CHECK(hexadecimal(grant()) == golden.at("grant"));
  CHECK(hexadecimal(report()) == golden.at("publication"));
  CHECK(hexadecimal(ControlRequest{.question = "explain", .arguments = {"t00", "x"}}) ==
        golden.at("control_request"));
  CHECK(hexadecimal(ControlReply{.ok = false, .error = "no", .body = std::string("\0\xff", 2)}) ==
        golden.at("control_reply"));
  CHECK(hexadecimal(StatusReply{.fields = {{"role", "master"}, {"a", "b"}}}) ==
        golden.at("status"));
  CHECK(hexadecimal(MetricsReply{{{"a_total", "A.", "counter", {{"", {{"k", "v"}}, 1.5}}}}}) ==
        golden.at("metrics"));
  CHECK(hexadecimal(
            Explanation{"t00", PaceReason::ceiling, "why", {{"m", 3, "agents", "step", "n"}}}) ==
        golden.at("explanation"));
  CHECK(hexadecimal(ElectionView{
            .self = golden_heartbeat(),
            .peers = {golden_heartbeat()},
            .peer_age_s = {0.25},
            .lease_left_s = 0.5,
            .transitions = {{.wall_ms = 1, .role = ElectorRole::leader, .term = 2, .why = "w"}}}) ==
        golden.at("election"));
  CHECK(hexadecimal(feed()) == golden.at("feed"));
  CHECK(hexadecimal(FeedAnswer{
            .taken = 300, .refused = 1, .why = "no", .refusals = {{2, "t01", "ready", "why"}}}) ==
        golden.at("feed_answer"));
}

// codec_before.txt holds what the version before sent; at a release, codec_golden.txt becomes it.
TEST_CASE("the messages of the version before are read", "[wire]") {
  const auto before = recorded("codec_before.txt");
  REQUIRE(before.size() == 14);
  auto heartbeat = golden_heartbeat();
  heartbeat.maintenance.clear();
  heartbeat.pause.clear();
  heartbeat.pause_ms = 0;
  auto leave = grant();
  leave.pause.clear();
  auto said = report();
  said.paused = false;
  auto statistics = stat_frame();
  statistics.head.backup_trouble.clear();

  CHECK(decode<ElectionMessage>(bytes_of(before.at("heartbeat"))) == heartbeat);
  CHECK(decode<Grant>(bytes_of(before.at("grant"))) == leave);
  CHECK(decode<PublicationReport>(bytes_of(before.at("publication"))) == said);
  CHECK(decode<ElectionView>(bytes_of(before.at("election"))).value().peers.at(0) == heartbeat);
  CHECK(decode<StateFrame<TargetStat>>(bytes_of(before.at("stat"))) == statistics);
  CHECK(decode<StateFrame<TargetPace>>(bytes_of(before.at("pace"))) == golden_pace());
  CHECK(decode<StateFrame<TargetFeedback>>(bytes_of(before.at("feedback"))) == feedback_frame());
}

TEST_CASE("a field that the version before had may not be missing", "[wire]") {
  Bytes bytes = encode(Grant{});
  REQUIRE(bytes[0] == 0x9a);
  bytes[0] = 0x98;
  bytes.resize(bytes.size() - 2);  // `pause` and `publisher`, a byte each.

  CHECK(decode<Grant>(bytes).error().detail == "only 8 fields");
}

}  // namespace paceline::test
