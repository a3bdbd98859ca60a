// What one target costs the publisher: bytes, and what a publication of few targets takes from the heap.
// README.md tells the figures that are checked here.
#include "services/publisher/compress.h"
#include "services/publisher/contract.h"
#include "services/publisher/offers.h"
#include "tests/support/allocated_bytes.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace publisher;
namespace {

constexpr std::uint32_t targets = 1000;
constexpr std::size_t bytes_a_target = 192;

Offers offers_of_all(std::uint32_t count = targets) {
  std::vector<std::string> ids;
  for (std::uint32_t i = 0; i < count; ++i) ids.push_back("target-" + std::to_string(i));
  return Offers{std::move(ids), std::vector<std::string>(count, "chat")};
}

// Of so many targets one more may be pending.
void move(Offers& offers, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    Offer offer = offers.now(i);
    offer.max_pending = offer.max_pending % 9 + 1;
    offers.set(i, offer);
  }
}

}  // namespace

TEST_CASE("what is published of a target takes a hundred and ninety-two bytes at most",
          "[publisher]") {
  const AllocatedBytes allocated;

  const Offers offers = offers_of_all();

  // Its id and channel are counted three times: made, and grown into, by this test.
  CAPTURE(allocated.now() / targets);
  CHECK(offers.size() == targets);
  CHECK(sizeof(Offers) < 1024);
  CHECK(allocated.now() <= (bytes_a_target + 2 * sizeof(std::string)) * targets);
}

TEST_CASE("a full publication leaves nothing behind that the deltas after it do not need",
          "[publisher]") {
  constexpr std::uint32_t many = 10 * targets;
  Offers offers = offers_of_all(many);
  PublicationRequest request;
  REQUIRE_FALSE(offers.fill(request, true, many));
  REQUIRE(request.targets.size() == many);

  move(offers, 10);
  offers.fill(request, false, many);

  CHECK(request.targets.size() == 10);
  CHECK(request.targets.capacity() < targets);
}

TEST_CASE("which targets a publication names is found without the heap", "[publisher]") {
  Offers offers = offers_of_all();
  PublicationRequest request;
  offers.fill(request, true, targets);
  for (int i = 0; i < 3; ++i) {
    move(offers, 10);
    offers.fill(request, false, targets);
  }
  const AllocatedBytes allocated;

  for (int i = 0; i < 20; ++i) {
    move(offers, 10);
    offers.fill(request, false, targets);
    REQUIRE(request.targets.size() == 10);
  }

  CHECK(allocated.now() == 0);
}

TEST_CASE(
    "compressing a delta takes nothing from the heap, and a full publication gives back what it "
    "took",
    "[publisher]") {
  const Encoding encoding = GENERATE(Encoding::gzip, Encoding::zstd);
  CAPTURE(to_string(encoding));
  Compressor compressor{{}};
  std::string small;
  for (int i = 0; i < 400; ++i) small += "{\"id\":\"target-" + std::to_string(i) + "\"}";
  std::string large;
  while (large.size() < 4u << 20) large += small;
  std::string out;

  CHECK(compressor.compress(encoding, large, out) == encoding);
  CHECK(out.capacity() < large.size() / 4);
  compressor.compress(encoding, small, out);
  const AllocatedBytes allocated;
  for (int i = 0; i < 20; ++i) CHECK(compressor.compress(encoding, small, out) == encoding);

  CHECK(allocated.now() == 0);
}

}  // namespace paceline::test
