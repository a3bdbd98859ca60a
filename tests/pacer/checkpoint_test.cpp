#include "services/pacer/checkpoint.h"

#include "common/base/hash.h"
#include "tests/support/catch.h"

// After ours: rapidcheck's own headers know nothing of CHECK.
#include <rapidcheck.h>

namespace paceline::test {
using namespace pacer;
namespace {

// Of version 5: late, brief, and three of each block of days.
constexpr std::size_t values_of_5 = 2 + 3 * RollingDays::blocks + 8;

Checkpoint two_targets() {
  Checkpoint checkpoint{.saved = WallTime{Duration{123456789}}, .targets = {}};
  Learned learned;
  learned.answers = 40;
  learned.accepted = 12.5;
  learned.service.bin_ends[3] = 2.25;
  learned.proactive = {.started = true,
                       .s = -3.5,
                       .outcomes = 10,
                       .abandoned = 1,
                       .closing_excess = 2.5,
                       .closing_square = 4,
                       .counted_more = 0.5};
  learned.absent = {.slots = 2, .usual_s = 4.5, .taken = 30, .hold_s = 1200};
  learned.spread = {.mean = 0.75, .square = 3, .periods = 60};
  learned.unserved = 3.5;
  learned.unserved_long = 80;
  learned.reactive_long = 900;
  checkpoint.targets.emplace_back("sales", learned);
  checkpoint.targets.emplace_back("help", Learned{});
  return checkpoint;
}

}  // namespace

TEST_CASE("a checkpoint comes back as it was", "[pacer]") {
  const Checkpoint checkpoint = two_targets();

  const auto back = decode_checkpoint(encode_checkpoint(checkpoint));

  REQUIRE(back);
  CHECK(*back == checkpoint);
}

TEST_CASE("a checkpoint of an older version is read, what it has not is unknown", "[pacer]") {
  const int version = GENERATE(2, 3, 4);
  const std::size_t since_3 = version == 2 ? 5 : version == 3 ? 3 : 0;
  const std::size_t unknown = since_3 + values_of_5;  // Figures that it did not have.
  Checkpoint checkpoint = two_targets();
  checkpoint.targets.resize(1);
  std::string bytes = encode_checkpoint(checkpoint);
  bytes.resize(bytes.size() - 8 * (1 + unknown));  // Its hash, and they.
  bytes[4] = static_cast<char>(version);
  const std::uint64_t hash = fnv1a(bytes);
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(hash >> (8 * i)));

  const auto back = decode_checkpoint(bytes);

  REQUIRE(back);
  Learned& learned = checkpoint.targets[0].second;
  if (version == 2) learned.proactive.closing_excess = 0;
  if (version == 2) learned.proactive.closing_square = LoopLearned{}.closing_square;
  if (version < 4) learned.unserved = learned.unserved_long = learned.reactive_long = 0;
  learned.proactive.counted_more = 0;
  learned.absent = {};
  learned.spread = {};
  CHECK(*back == checkpoint);
}

TEST_CASE("a checkpoint that is cut or changed is refused", "[pacer][property]") {
  const std::string bytes = encode_checkpoint(two_targets());
  REQUIRE(rc::check([&] {
    std::string broken = bytes;
    const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
    if (*rc::gen::arbitrary<bool>())
      broken.resize(at);
    else
      broken[at] = static_cast<char>(broken[at] ^ *rc::gen::inRange(1, 256));
    RC_ASSERT(!decode_checkpoint(broken));
  }));
}

TEST_CASE("any bytes after a right hash give a value or an error", "[pacer][property]") {
  REQUIRE(
      rc::check([](const std::string& bytes) { RC_ASSERT(!decode_checkpoint("PLCK" + bytes)); }));
}

TEST_CASE("figures out of range are taken for nothing known", "[pacer]") {
  Learned learned;
  learned.answers = -5;
  learned.accepted = 1e300;
  learned.proactive.s = -1e9;
  learned.reactive_rate = 0.0 / 0.0;

  const Learned clean = sanitised(learned);

  CHECK(clean.answers == 0);
  CHECK(clean.accepted == 0);
  CHECK(clean.proactive.s == -100);
  CHECK(sanitised(clean) == clean);
}

namespace {

/// Learned values that all differ, so that none can stand for another.
Learned all_different() {
  Learned learned;
  double next = 1;
  const auto set = [&](auto&... values) { ((values = next++), ...); };
  const auto phase = [&](PhaseLearned& p) {
    set(p.ends, p.exposure_s);
    for (auto& ends : p.bin_ends) set(ends);
    for (auto& exposure : p.bin_exposure_s) set(exposure);
  };
  const auto loop = [&](LoopLearned& l) {
    l.started = true;
    l.s = -next++ / 4;
    set(l.abandoned, l.outcomes, l.window_outcomes, l.closing_excess, l.closing_square);
  };
  set(learned.accepted, learned.answers, learned.pending_s, learned.answers_ever, learned.queue_s,
      learned.queue_abandoned, learned.window_s, learned.window_seen_s, learned.unserved,
      learned.unserved_long, learned.reactive_long, learned.smoothed_s);
  phase(learned.service);
  phase(learned.wrap_up);
  learned.reactive_rate = -0.5;
  learned.proactive_share = 0.25;
  learned.busy_factor = 0.375;
  learned.occupancy = 0.625;
  learned.integral = -0.125;
  learned.late = 0.0625;
  learned.brief = 0.03125;
  for (auto& block : learned.rolling.at) set(block.days, block.abandoned, block.outcomes);
  learned.quantile = true;
  loop(learned.proactive);
  loop(learned.reactive);
  learned.reactive.closing_excess = LoopLearned{}.closing_excess;  // Of the proactive loop alone.
  learned.reactive.closing_square = LoopLearned{}.closing_square;
  learned.proactive.counted_more = 0.75;
  learned.absent = {.slots = 3, .usual_s = 4.25, .taken = 11, .hold_s = 900};
  learned.spread = {.mean = 0.5, .square = 2.5, .periods = 77};
  return learned;
}

/// With the hash that makes it whole.
std::string hashed(std::string bytes) {
  const std::uint64_t hash = fnv1a(bytes);
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(hash >> (8 * i)));
  return bytes;
}

std::string number(std::uint64_t value) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
  return bytes;
}

}  // namespace

TEST_CASE("every value of a checkpoint comes back in its own place", "[pacer]") {
  Checkpoint checkpoint;
  checkpoint.targets.emplace_back("sales", all_different());
  REQUIRE(sanitised(all_different()) == all_different());

  const auto back = decode_checkpoint(encode_checkpoint(checkpoint));

  REQUIRE(back);
  CHECK(*back == checkpoint);
}

TEST_CASE("a checkpoint begins as it is documented, and a value has eight bytes", "[pacer]") {
  const Checkpoint nobody{.saved = WallTime{Duration{0x0102}}, .targets = {}};
  CHECK(encode_checkpoint(nobody) == hashed("PLCK" + number(5) + number(0x0102) + number(0)));

  Checkpoint one = nobody;
  one.targets.emplace_back("abc", Learned{});
  const std::string bytes = encode_checkpoint(one);
  CHECK(bytes.substr(20, 19) == number(1) + number(3) + "abc");
  constexpr std::size_t phases = 2 * (2 + 2 * hazard_bins);
  constexpr std::size_t values = 4 + phases + 9 + 2 * 4 + 1 + 3 + 2 + 3 + values_of_5;
  CHECK(bytes.size() == 4 + 3 * 8 + 8 + 3 + 8 * values + 8);
}

TEST_CASE("a checkpoint of the first version knows neither windows nor what they end with",
          "[pacer]") {
  Checkpoint checkpoint;
  checkpoint.targets.emplace_back("sales", all_different());
  std::string bytes = encode_checkpoint(checkpoint);
  bytes.resize(bytes.size() - 8 * (1 + 8 + values_of_5));
  bytes[4] = 1;

  const auto back = decode_checkpoint(hashed(bytes));

  REQUIRE(back);
  Learned& learned = checkpoint.targets[0].second;
  learned.window_seen_s = learned.proactive.window_outcomes = learned.reactive.window_outcomes = 0;
  learned.proactive.closing_excess = 0;
  learned.proactive.closing_square = LoopLearned{}.closing_square;
  learned.unserved = learned.unserved_long = learned.reactive_long = 0;
  learned.late = learned.brief = 0;
  learned.rolling = {};
  learned.proactive.counted_more = 0;
  learned.absent = {};
  learned.spread = {};
  CHECK(*back == checkpoint);
}

TEST_CASE("a whole checkpoint that cannot be is refused with what is wrong", "[pacer]") {
  const auto wrong = [](const std::string& bytes) {
    const auto back = decode_checkpoint(hashed("PLCK" + bytes));
    return back ? std::string{"nothing"} : back.error().detail;
  };

  CHECK(wrong(number(5) + number(1) + number(0)) == "nothing");
  CHECK(wrong(number(0) + number(1) + number(0)) == "a checkpoint of version 0");
  CHECK(wrong(number(6) + number(1) + number(0)) == "a checkpoint of version 6");
  CHECK(wrong(number(4) + number(1ull << 63) + number(0)) == "a checkpoint of before 1970");
  CHECK(wrong(number(4) + number(0) + number(0)) == "nothing");
  CHECK(wrong(number(4) + number(1) + number(1'000'001)) == "a checkpoint of 1000001 targets");
  CHECK(wrong(number(4) + number(1) + number(1'000'000)) == "a checkpoint that is cut short");
  CHECK(wrong(number(4) + number(1) + number(1) + number(4) + "abc") ==
        "a checkpoint that is cut short");
  CHECK(wrong(number(4) + number(1) + number(1) + number(65'537) + std::string(70'000, 'x')) ==
        "a checkpoint that is cut short");
  CHECK(wrong(number(4) + number(1) + number(0) + "x") == "a checkpoint with bytes left over");
  CHECK(decode_checkpoint("PLCK").error().detail == "not a checkpoint");
  CHECK(decode_checkpoint("XLCK" + std::string(40, '0')).error().detail == "not a checkpoint");
  CHECK(decode_checkpoint("PLCK" + std::string(40, '0')).error().detail ==
        "a damaged checkpoint: its hash is wrong");
}

TEST_CASE("a checkpoint without a value is cut short", "[pacer]") {
  Checkpoint one;
  one.targets.emplace_back("", all_different());
  std::string bytes = encode_checkpoint(one);
  bytes.resize(bytes.size() - 16);

  CHECK(decode_checkpoint(hashed(bytes)).error().detail == "a checkpoint that is cut short");
}

}  // namespace paceline::test
