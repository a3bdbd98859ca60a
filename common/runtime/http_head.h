// What the head of an HTTP request says, read strictly: where two readers could understand it
// differently (a proxy and we), it is refused.
//
// Pure. The bytes have been taken apart into request line and fields by the server's library.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/ports/http.h"

namespace paceline {

inline constexpr std::size_t most_request_parameters = 200;
inline constexpr std::size_t most_request_headers = 100;

/// Reads the fields of a head that libmicrohttpd has taken apart: in place, with zeros where a line ended
/// (one, or two for CR and LF). Where a name does not follow its predecessor like that, a line was
/// folded, or something was cut off at a zero byte.
struct FieldReader {
  /// `target_end`: of the request line's target, the byte after it; `version`: what follows it there.
  FieldReader(const char* target_end, const char* version);

  void take(const char* name, const char* value);
  /// After the last field, whether the head was as it seems.
  bool is_plain() const;

  HttpHeaders fields{};  // Names in lower case, values without white space around them.

 private:
  const char* end_;  // Of what came last.
  bool is_plain_;
};

/// What a request asks for.
struct RequestTarget {
  std::string path;                               // Decoded; "*" of `OPTIONS *`.
  std::multimap<std::string, std::string> query;  // Decoded.
  std::optional<std::string> authority;           // HOST[:PORT] of `GET http://HOST:PORT/path`.
};

/// Reads the target of a request line: `/path?a=1&b=2`, or with `http://HOST:PORT` before it.
///   errors   bad_value: neither; % without two hexadecimal digits; %00; a control character; too
///            many parameters
Result<RequestTarget> read_request_target(std::string_view method, std::string_view target);

/// Why a request with these fields (names in lower case, in their order) is refused. `version` is that of
/// its first line: who speaks HTTP/1.0 knows no Transfer-Encoding, and reads no body where we read one.
struct HeadFault {
  int status = 400;  // 400, 431 (too many fields) or 501 (a transfer coding other than chunked).
  std::string why;   // A sentence for people.
};
std::optional<HeadFault> fault_of_fields(const HttpHeaders& fields, std::string_view version);

}  // namespace paceline
