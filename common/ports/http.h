// HTTP as a client sees it: one request, one answer, in the loop.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"

namespace paceline {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  HttpHeaders headers;
  std::string body;  // As it goes over the wire; compress before.
  Duration timeout = 5s;
  // TLS is verified always; what differs is whom we trust and who we are.
  std::string ca_file;                  // "" = the system's authorities.
  std::string client_certificate_file;  // "" = none.
  std::string client_key_file;
  std::string proxy;  // "" = none.
  std::size_t max_answer_bytes = 64u << 20;
};

struct HttpTimes {
  double connect_ms = 0;
  double tls_ms = 0;
  double first_byte_ms = 0;
  double total_ms = 0;
};

struct HttpAnswer {
  int status = 0;
  HttpHeaders headers;  // Names in lower case.
  std::string body;     // Content-Encoding undone.
  HttpTimes times;
  double http_version = 0;       // 1, 1.1, 2
  std::uint64_t wire_bytes = 0;  // [bytes] both ways, heads included, before TLS.

  /// The first header of that (lower case) name, or "".
  std::string_view header(std::string_view name) const {
    for (const auto& [key, value] : headers)
      if (key == name) return value;
    return {};
  }
};

using HttpCall = std::uint64_t;

class Http {
 public:
  using Done = std::function<void(Result<HttpAnswer> answer)>;
  virtual ~Http() = default;

  /// Calls `done` exactly once, later. Redirects are not followed.
  ///   errors   unavailable: refused, reset, timed out, DNS; refused: certificate; too_large: the
  ///   answer
  virtual HttpCall send(HttpRequest request, Done done) = 0;

  /// Drops a request: `done` is not called any more.
  virtual void cancel(HttpCall call) = 0;
};

}  // namespace paceline
