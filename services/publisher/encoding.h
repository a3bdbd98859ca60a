// How the body of a request is encoded: the best that the endpoint is known to take.
//
//   encodings.heard(answer.header("accept-encoding"));     // RFC 9110, 12.5.3: what requests may
//   use encodings.refused(Encoding::gzip);                      // 415
//   compressor.pack(encodings.choose(), body, packed)
//
// gzip is taken to be understood until an answer says otherwise; zstd only once one has named it.
#pragma once

#include <cstdint>
#include <string_view>

namespace paceline::publisher {

enum class Encoding : std::uint8_t { identity, gzip, zstd };

const char* to_string(Encoding encoding);

class Encodings {
 public:
  struct Policy {
    bool gzip = true;  // Whether we want to use it.
    bool zstd = true;
  };

  explicit Encodings(Policy policy) : policy_{policy} {}

  Encoding choose() const;

  /// The Accept-Encoding header of any answer; "" = absent, says nothing.
  void heard(std::string_view accept_encoding);

  /// A body in `used` was not understood (415): not used again until forgive().
  void refused(Encoding used);

  /// Another term: it may be tried again.
  void forgive() { gzip_refused_ = zstd_refused_ = false; }

 private:
  Policy policy_;
  bool gzip_taken_ = true;
  bool zstd_taken_ = false;
  bool gzip_refused_ = false;
  bool zstd_refused_ = false;
};

}  // namespace paceline::publisher
