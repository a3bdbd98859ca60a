#include "common/base/result.h"

namespace paceline {

const char* to_string(Errc code) {
  switch (code) {
    case Errc::bad_value:
      return "bad_value";
    case Errc::not_found:
      return "not_found";
    case Errc::unsupported:
      return "unsupported";
    case Errc::too_large:
      return "too_large";
    case Errc::unavailable:
      return "unavailable";
    case Errc::refused:
      return "refused";
  }
  return "unknown";
}

}  // namespace paceline
