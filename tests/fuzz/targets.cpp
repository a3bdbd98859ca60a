// A targets file, TOML or CSV.
#include "topology/targets.h"

#include "tests/fuzz/fuzz.h"
#include "topology/check.h"
#include "topology/targets_diff.h"

namespace paceline::fuzz {

FUZZ(targets) {
  constexpr std::size_t most = 20;
  const auto mistakes = check_targets(input, "t", most);
  CHECK(mistakes.size() <= 200);
  for (const auto& mistake : mistakes)
    CHECK(!mistake.what.empty() && mistake.where.line >= 1 && mistake.where.column >= 1);
  const auto targets = parse_targets(input, "t", most);
  CHECK(targets.has_value() == mistakes.empty());
  if (!targets) return check_told(targets.error(), input);

  CHECK(targets->all.size() <= most);
  for (const auto& text : {targets_as_toml(*targets), targets_as_csv(*targets)}) {
    const auto back = parse_targets(text, "t", most);
    CHECK(back.has_value());
    CHECK(back->all == targets->all);
    CHECK(back->version() == targets->version());
    CHECK(diff_targets(targets->all, back->all).empty());
  }
}

}  // namespace paceline::fuzz
