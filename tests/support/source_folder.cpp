#include "tests/support/source_folder.h"

namespace paceline::test {

// The only file that knows: all others compile to the same bytes in every checkout.
std::string source_folder() {
  return PACELINE_SOURCE_DIR;
}

}  // namespace paceline::test
