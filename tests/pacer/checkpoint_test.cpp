#include "services/pacer/checkpoint.h"

#include "common/base/hash.h"
#include "tests/support/catch.h"

// After ours: rapidcheck's own headers know nothing of CHECK.
#include <rapidcheck.h>

namespace paceline::test {
using namespace pacer;
namespace {

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
                       .closing_square = 4};
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
  const int version = GENERATE(2, 3);
  const std::size_t unknown = version == 2 ? 5 : 3;  // Figures that it did not have.
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
  learned.unserved = learned.unserved_long = learned.reactive_long = 0;
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

}  // namespace paceline::test
