#include "services/publisher/dispute.h"

#include "tests/support/catch.h"

namespace paceline::test {
using namespace publisher;
namespace {

constexpr std::uint64_t ours = 7;
constexpr std::uint64_t other = 9;
constexpr std::uint64_t not_said = 0;

}  // namespace

TEST_CASE("a publisher whose first publication meets its predecessor's disputes nothing",
          "[publisher]") {
  Dispute dispute{ours};

  CHECK(!dispute.conflict(257, other));
  CHECK(!dispute.conflict(257, other));
  CHECK(!dispute.conflict(257, not_said));
}

TEST_CASE("another publisher in a term in which ours was accepted is a dispute", "[publisher]") {
  Dispute dispute{ours};
  dispute.accepted(257);

  CHECK(!dispute.conflict(513, other));  // A term of before or after says nothing of this one.
  CHECK(dispute.conflict(257, other));
}

TEST_CASE("a conflict with our own publication is no dispute, however often", "[publisher]") {
  Dispute dispute{ours};
  dispute.accepted(257);

  for (int i = 0; i < 10; ++i) CHECK(!dispute.conflict(257, ours));
}

TEST_CASE("where nobody is named the second conflict in a row is a dispute", "[publisher]") {
  Dispute dispute{ours};
  dispute.accepted(257);

  CHECK(!dispute.conflict(257, not_said));
  dispute.accepted(257);
  CHECK(!dispute.conflict(257, not_said));
  CHECK(dispute.conflict(257, not_said));
}

TEST_CASE("two conflicts where nobody is named are in a row only without another between",
          "[publisher]") {
  Dispute dispute{ours};
  dispute.accepted(257);

  CHECK(!dispute.conflict(257, not_said));
  CHECK(!dispute.conflict(257, ours));
  CHECK(!dispute.conflict(257, not_said));
  CHECK(!dispute.conflict(513, not_said));
  CHECK(!dispute.conflict(257, not_said));
  CHECK(dispute.conflict(257, not_said));
}

}  // namespace paceline::test
