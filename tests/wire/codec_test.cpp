#include "common/wire/codec.h"

#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/support/allocated_bytes.h"
#include "tests/support/catch.h"

namespace paceline::test {
namespace {

template <class Message>
void arbitrary_bytes_never_crash() {
  REQUIRE(rc::check([](const Bytes& bytes) { (void)decode<Message>(bytes); }));
}

// Valid messages with some bytes changed reach deeper than random ones.
template <class Message>
void mutations_never_crash(const Message& message) {
  const Bytes valid = encode(message);
  REQUIRE(decode<Message>(valid) == message);
  REQUIRE(rc::check([&] {
    Bytes bytes = valid;
    const auto changes = *rc::gen::inRange(1, 6);
    for (int i = 0; i < changes; ++i)
      bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] = *rc::gen::arbitrary<std::uint8_t>();
    if (*rc::gen::arbitrary<bool>()) bytes.resize(*rc::gen::inRange<std::size_t>(0, bytes.size()));
    (void)decode<Message>(bytes);
  }));
}

StateFrame<TargetPace> pace_frame() {
  StateFrame<TargetPace> frame;
  frame.header = {.sender = "a/pacer/1",
                  .incarnation = 99,
                  .sequence = 3,
                  .keyframe = true,
                  .dictionary = 0xffffffffffffffff,
                  .age_ns = 12345};
  frame.head = {
      .cycle = 7, .decided = 2, .decide_us = 1.25, .stat_age_s = 0.5, .feedback_age_s = -1};
  frame.ids = {"t00", "t01"};
  frame.indices = {0, 1};
  frame.rows = {
      {.state = PaceState::ok,
       .reason = PaceReason::granted,
       .proactive = 4,
       .max_pending = 9,
       .predicted_wait_s = 3.0,
       .pending = 5,
       .acceptance = 0.3},
      {.state = PaceState::disabled, .reason = PaceReason::disabled, .reactive_state = 0}};
  return frame;
}

ElectionMessage election_message() {
  return {.cluster = "demo",
          .config = 7,
          .node = "a",
          .incarnation = 1,
          .sequence = 2,
          .kind = ElectionMessageKind::heartbeat,
          .term = 513,
          .timestamp_ns = -5,
          .why = "quorum",
          .role = ElectorRole::master,
          .priority = 100,
          .master = "a",
          .seen = {{"b", 12}, {"w", -1}}};
}

}  // namespace

TEST_CASE("a frame is encoded from its parts as if it had been put together", "[wire]") {
  StateFrame<TargetPace> keyframe = pace_frame();
  const std::vector<std::uint32_t> changed{1};
  CHECK(encode(StateParts<TargetPace>{keyframe.header, keyframe.head, keyframe.ids, changed,
                                      keyframe.rows}) == encode(keyframe));

  StateFrame<TargetPace> delta = keyframe;
  delta.header.keyframe = false;
  delta.ids.clear();
  delta.indices = changed;
  delta.rows = {keyframe.rows[1]};
  CHECK(encode(StateParts<TargetPace>{delta.header, delta.head, keyframe.ids, changed,
                                      keyframe.rows}) == encode(delta));
}

TEST_CASE("what a reader knows of a frame is passed over, not unread", "[wire]") {
  const StateFrame<TargetPace> frame = pace_frame();
  const Bytes bytes = encode(frame);
  const auto all = [](const FrameHeader&) { return FrameParts::all; };
  CHECK(decode_frame<TargetPace>(bytes, all) == frame);

  StateFrame<TargetPace> without = frame;
  without.ids.clear();
  const auto wants_others = [&](const FrameHeader& header) {
    return header.dictionary != frame.header.dictionary ? FrameParts::all : FrameParts::without_ids;
  };
  CHECK(decode_frame<TargetPace>(bytes, wants_others) == without);
  CHECK_FALSE(decode_frame<TargetPace>(std::span{bytes}.first(bytes.size() - 1), wants_others));

  const auto head = [](const FrameHeader&) { return FrameParts::head; };
  CHECK(decode_frame<TargetPace>(bytes, head) ==
        StateFrame<TargetPace>{frame.header, frame.head, {}, {}, {}});
  CHECK_FALSE(decode_frame<TargetPace>(std::span{bytes}.first(10), head));
}

TEST_CASE("every message comes back as it went", "[wire]") {
  StateFrame<TargetStat> stat;
  stat.head.in_use = "primary";
  stat.indices = {5};
  stat.rows = {{.quality = StatQuality::good,
                .logged_in = 12,
                .entered = 1ull << 60,
                .handling_time_s = 240.5}};
  StateFrame<TargetFeedback> feedback;
  feedback.head = {.epoch = "e1", .term = 257, .sequence = 8};
  const Grant grant{
      .node = "a", .term = 257, .expires_ns = std::numeric_limits<std::int64_t>::max()};
  const PublicationReport report{.node = "b",
                                 .open = true,
                                 .outcome = PublicationOutcome::accepted,
                                 .status = 200,
                                 .round_trip_ms = 12.75};
  const ControlRequest question{.question = "explain", .arguments = {"t00"}};
  const ControlReply reply{.ok = false, .error = "no", .body = std::string("\0\xff", 2)};
  const MetricsReply metrics{{{"a_total", "A.", "counter", {{"", {{"k", "v"}}, 1.5}}}}};
  const Explanation explanation{
      "t00", PaceReason::ceiling, "why", {{"m", 3, "agents", "step", ""}}};
  ElectionView view;
  view.self = election_message();
  view.peers = {election_message()};
  view.peer_age_s = {0.25};

  CHECK(decode<StateFrame<TargetStat>>(encode(stat)) == stat);
  CHECK(decode<StateFrame<TargetPace>>(encode(pace_frame())) == pace_frame());
  CHECK(decode<StateFrame<TargetFeedback>>(encode(feedback)) == feedback);
  CHECK(decode<ElectionMessage>(encode(election_message())) == election_message());
  CHECK(decode<Grant>(encode(grant)) == grant);
  CHECK(decode<PublicationReport>(encode(report)) == report);
  CHECK(decode<ControlRequest>(encode(question)) == question);
  CHECK(decode<ControlReply>(encode(reply)) == reply);
  CHECK(decode<MetricsReply>(encode(metrics)) == metrics);
  CHECK(decode<Explanation>(encode(explanation)) == explanation);
  CHECK(decode<ElectionView>(encode(view)) == view);
}

TEST_CASE("doubles keep every bit", "[wire][property]") {
  REQUIRE(rc::check([](double value) {
    const MetricsReply sent{{{"a", "A.", "gauge", {{"", {}, value}}}}};
    const auto back = decode<MetricsReply>(encode(sent));
    RC_ASSERT(back.has_value());
    const double heard = back->families[0].samples[0].value;
    RC_ASSERT(std::signbit(heard) == std::signbit(value));
    RC_ASSERT(std::isnan(value) || heard == value);
  }));
  StateFrame<TargetPace> frame;
  frame.head.decide_us = -0.0;
  CHECK(std::signbit(decode<StateFrame<TargetPace>>(encode(frame))->head.decide_us));
}

TEST_CASE("arbitrary bytes are a message or an error and never a crash", "[wire][property]") {
  arbitrary_bytes_never_crash<StateFrame<TargetStat>>();
  arbitrary_bytes_never_crash<StateFrame<TargetPace>>();
  arbitrary_bytes_never_crash<StateFrame<TargetFeedback>>();
  arbitrary_bytes_never_crash<ElectionMessage>();
  arbitrary_bytes_never_crash<Grant>();
  arbitrary_bytes_never_crash<PublicationReport>();
  arbitrary_bytes_never_crash<ControlRequest>();
  arbitrary_bytes_never_crash<ControlReply>();
  arbitrary_bytes_never_crash<StatusReply>();
  arbitrary_bytes_never_crash<MetricsReply>();
  arbitrary_bytes_never_crash<Explanation>();
  arbitrary_bytes_never_crash<ElectionView>();
}

TEST_CASE("damaged messages never crash", "[wire][property]") {
  mutations_never_crash(pace_frame());
  mutations_never_crash(election_message());
}

TEST_CASE("five bytes that claim four thousand million elements are refused", "[wire]") {
  const Bytes bomb = {0xdd, 0xff, 0xff, 0xff, 0xff};

  const auto result = decode<StateFrame<TargetStat>>(bomb);

  REQUIRE_FALSE(result);
  CHECK(result.error().code == Errc::too_large);
}

TEST_CASE("a message has its bound, which is lower where neither rows nor answers travel",
          "[wire]") {
  const auto too_large = [](const auto& result) {
    return !result && result.error().code == Errc::too_large;
  };
  Bytes bytes(max_small_frame_bytes, 0xc0);
  CHECK_FALSE(too_large(decode<Grant>(bytes)));
  bytes.push_back(0xc0);
  CHECK(too_large(decode<Grant>(bytes)));
  CHECK(too_large(decode<ElectionMessage>(bytes)));
  CHECK(too_large(decode<PublicationReport>(bytes)));
  CHECK(too_large(decode<ControlRequest>(bytes)));
  CHECK_FALSE(too_large(decode<StateFrame<TargetPace>>(bytes)));
  CHECK_FALSE(too_large(decode<ControlReply>(bytes)));

  bytes.resize(max_frame_bytes + 1, 0xc0);
  CHECK(too_large(decode<StateFrame<TargetPace>>(bytes)));
  CHECK(too_large(decode<ControlReply>(bytes)));
  CHECK(max_small_frame_bytes == 65'536);
  CHECK(max_frame_bytes == 67'108'864);
}

TEST_CASE("another version is refused as unsupported", "[wire]") {
  Grant grant;
  grant.version = wire_version + 1;

  const auto result = decode<Grant>(encode(grant));

  REQUIRE_FALSE(result);
  CHECK(result.error().code == Errc::unsupported);
}

TEST_CASE("a word beyond the last of its list is refused", "[wire]") {
  auto message = election_message();
  message.role = static_cast<ElectorRole>(200);

  CHECK_FALSE(decode<ElectionMessage>(encode(message)));
}

TEST_CASE("a name longer than the topology allows, or more peers, is refused", "[wire]") {
  auto message = election_message();
  message.master = std::string(max_name_bytes, 'm');
  message.seen.resize(max_nodes);
  CHECK(decode<ElectionMessage>(encode(message)));

  message.master += 'm';
  CHECK_FALSE(decode<ElectionMessage>(encode(message)));
  message.master.pop_back();
  message.seen.emplace_back();
  CHECK_FALSE(decode<ElectionMessage>(encode(message)));
}

TEST_CASE("fields of a newer sender beyond ours are passed over", "[wire]") {
  Bytes bytes = encode(ControlRequest{.question = "status", .arguments = {}});
  REQUIRE(bytes[0] == 0x93);
  bytes[0] = 0x94;
  bytes.push_back(0x2a);

  const auto result = decode<ControlRequest>(bytes);

  REQUIRE(result);
  CHECK(result->question == "status");
}

TEST_CASE("bytes left over behind a message are refused", "[wire]") {
  Bytes bytes = encode(Grant{});
  bytes.push_back(0);

  CHECK_FALSE(decode<Grant>(bytes));
}

TEST_CASE("indices and rows must be as many", "[wire]") {
  auto frame = pace_frame();
  frame.indices.pop_back();

  CHECK_FALSE(decode<StateFrame<TargetPace>>(encode(frame)));
}

TEST_CASE("what a message only claims costs no memory", "[wire]") {
  const auto many = [](std::uint8_t item) {
    Bytes bytes = {0xdd, 0, 0, 0, 10};  // Ten arrays of a million each.
    for (int i = 0; i < 10; ++i) {
      bytes.insert(bytes.end(), {0xdd, 0x00, 0x0f, 0x42, 0x40});
      bytes.insert(bytes.end(), 1'000'000, item);
    }
    return bytes;
  };
  const Bytes nils = many(0xc0);
  const Bytes arrays = many(0x90);
  const Bytes nested(10'000'000, 0x91);

  for (const Bytes& bytes : {nils, arrays, nested}) {
    const AllocatedBytes allocated;
    CHECK_FALSE(decode<StateFrame<TargetStat>>(bytes));
    CHECK_FALSE(decode<StateFrame<TargetPace>>(bytes));
    CHECK_FALSE(decode<ElectionMessage>(bytes));
    CHECK_FALSE(decode<ControlReply>(bytes));
    CHECK_FALSE(decode<MetricsReply>(bytes));
    CHECK(allocated.now() < 1u << 20);
  }
}

TEST_CASE("rows that are only claimed are not made room for", "[wire]") {
  Bytes bytes = encode(pace_frame());
  const Bytes two_ids = {0x92, 0xa3, 't', '0', '0'};
  const auto at = std::search(bytes.begin(), bytes.end(), two_ids.begin(), two_ids.end());
  REQUIRE(at != bytes.end());
  const Bytes million = {0xdd, 0x00, 0x0f, 0x42, 0x40};
  bytes.insert(bytes.erase(at), million.begin(), million.end());

  const AllocatedBytes allocated;
  CHECK_FALSE(decode<StateFrame<TargetPace>>(bytes));
  CHECK(allocated.now() < 1u << 20);
}

TEST_CASE("fields beyond ours may be nested, though not deep", "[wire]") {
  Bytes bytes = encode(ControlRequest{.question = "status", .arguments = {}});
  bytes[0] = 0x94;
  Bytes shallow = bytes;
  shallow.insert(shallow.end(), {0x92, 0x91, 0xc0, 0xcb, 0, 0, 0, 0, 0, 0, 0, 0});
  Bytes deep = bytes;
  deep.insert(deep.end(), 40, 0x91);
  deep.push_back(0xc0);

  CHECK(decode<ControlRequest>(shallow));
  const auto refused = decode<ControlRequest>(deep);

  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::too_large);
}

TEST_CASE("a message without rows is short", "[wire]") {
  const ControlRequest question{.question = "explain",
                                .arguments = {std::string(40'000, 'x'), std::string(40'000, 'y')}};

  const auto refused = decode<ControlRequest>(encode(question));

  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::too_large);
}

}  // namespace paceline::test
