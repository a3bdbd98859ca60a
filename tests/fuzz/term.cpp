// An elector's term file: the first byte says whether it follows as it is, or without its check.
#include <fmt/format.h>

#include "common/base/hash.h"
#include "services/elector/durable_state.h"
#include "tests/fuzz/fuzz.h"

namespace paceline::fuzz {

FUZZ(term) {
  std::string file;
  const bool whole = take_choice(input, 2) == 0;
  file += input;
  if (!whole) file += fmt::format("check {:016x}\n", fnv1a(file));
  const auto state = elector::parse_durable_state(file);
  if (!state) return check_told(state.error(), file);
  CHECK(!state->lost);
  CHECK(elector::format_durable_state(*state) == file);
}

}  // namespace paceline::fuzz
