// A pacer's checkpoint: the first byte says whether the file follows as it is, or without its hash.
#include "services/pacer/checkpoint.h"

#include <cmath>

#include "common/base/hash.h"
#include "services/pacer/pacing.h"
#include "tests/fuzz/fuzz.h"

namespace paceline::fuzz {
namespace {

using namespace pacer;

std::string with_hash(std::string_view bytes) {
  std::string file{bytes};
  const auto hash = fnv1a(file);
  for (int shift = 0; shift < 64; shift += 8) file += static_cast<char>(hash >> shift & 255);
  return file;
}

// Whatever was learned, decisions stand on finite numbers.
void check_paces(const Learned& learned, double age_s) {
  TargetPacing pacing;
  pacing.restore(learned, age_s);
  PacingInputs inputs;
  inputs.logged_in = 10;
  inputs.idle = 3;
  inputs.busy = 7;
  ChannelPool pool;
  pool.add(learned);
  for (int second = 0; second < 6; second += 2) {
    inputs.entered = inputs.answered = static_cast<std::uint64_t>(second);
    const auto decision = pacing.decide(inputs, {}, pool, 0.5, second);
    CHECK(std::isfinite(decision.m) && decision.m >= 0 && decision.max_pending >= 0);
    CHECK(decision.reactive_state >= 0 && decision.reactive_state <= 1);
    CHECK(std::isfinite(decision.predicted_wait_s) && decision.predicted_wait_s >= 0);
    CHECK(std::isfinite(decision.explanation.aggressiveness_used));
  }
}

}  // namespace

FUZZ(checkpoint) {
  const std::string file = take_choice(input, 2) == 0 ? std::string{input} : with_hash(input);
  const auto checkpoint = decode_checkpoint(file);
  if (!checkpoint) return check_told(checkpoint.error(), file);
  CHECK(checkpoint->targets.size() <= file.size());
  CHECK(decode_checkpoint(encode_checkpoint(*checkpoint)) == *checkpoint);
  for (const auto& [id, learned] : checkpoint->targets)
    for (const double age_s : {0.0, 3600.0, 1e9}) check_paces(learned, age_s);
}

}  // namespace paceline::fuzz
