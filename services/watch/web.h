// HTTP as the pure files see it: request, answer, compression, conditional requests.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace paceline::watch {

using WebHeaders = std::vector<std::pair<std::string, std::string>>;

struct WebRequest {
  std::string method = "GET";
  std::string path{};  // Decoded, without the query.
  std::multimap<std::string, std::string> query{};
  WebHeaders headers{};  // Names in lower case.
  std::string peer{};    // "127.0.0.1"

  /// The first header of that (lower case) name, or "".
  std::string_view header(std::string_view name) const;
  /// The first value of a query parameter, or nothing.
  std::optional<std::string_view> parameter(std::string_view name) const;
};

struct WebAnswer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body{};
  WebHeaders headers{};
};

/// An application/problem+json answer (RFC 9457).
WebAnswer problem(int status, std::string_view detail);

/// The answer with an ETag of its body; 304 without a body if the request already has that.
WebAnswer tagged(const WebRequest& request, WebAnswer answer);

/// The answer with its body in gzip, if the request accepts that and the body has 1 KiB or more.
WebAnswer compressed(const WebRequest& request, WebAnswer answer);

/// How a header Accept takes a media type (RFC 9110, 12.5.1).
struct Acceptance {
  double weight = 0;  // [0..1] 0 = not at all.
  int named_as = 0;   // 0 as */* or not at all, 1 as type/*, 2 by its name.
};
Acceptance acceptance_of(std::string_view accept, std::string_view media_type);

/// Whether an Accept-Encoding header admits gzip (RFC 9110, 12.5.3).
bool accepts_gzip(std::string_view accept_encoding);

}  // namespace paceline::watch
