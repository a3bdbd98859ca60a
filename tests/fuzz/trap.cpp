// A target whose promise is untrue, for trap-test.
#include "tests/fuzz/fuzz.h"

namespace paceline::fuzz {

FUZZ(trap) {
  CHECK(input.find("trap") == input.npos);
}

}  // namespace paceline::fuzz
