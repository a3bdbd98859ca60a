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

std::string Location::text() const {
  return file + ":" + std::to_string(line) + ":" + std::to_string(column);
}

std::string_view Error::reason() const {
  const std::string_view whole = detail;
  return location ? whole.substr(location->text().size() + 2) : whole;
}

Error error_at(Location location, std::string_view reason, Errc code) {
  Error error{.code = code, .detail = location.text() + ": ", .location = std::move(location)};
  error.detail += reason;
  return error;
}

}  // namespace paceline
