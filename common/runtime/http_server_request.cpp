#include <algorithm>

#include "common/runtime/http_server.h"

namespace paceline {

std::string_view ServerRequest::header(std::string_view name) const {
  const auto found = std::ranges::find(headers, name, &HttpHeaders::value_type::first);
  return found == headers.end() ? std::string_view{} : found->second;
}

std::string_view ServerRequest::parameter(std::string_view name) const {
  const auto found = query.find(std::string{name});
  return found == query.end() ? std::string_view{} : found->second;
}

}  // namespace paceline
