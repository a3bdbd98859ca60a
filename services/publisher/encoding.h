// How the body of a request is encoded: the best that the endpoint is known to take.
//
//   encodings.learn(answer.header("accept-encoding"));    // of any answer (RFC 9110, 12.5.3)
//   encodings.exclude(Encoding::gzip);                    // after a 415
//   compressor.compress(encodings.choose(), body, out)
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
  void learn(std::string_view accept_encoding);

  /// A body in `used` was not understood (415): not used again until reset().
  void exclude(Encoding used);

  /// Another term: what was excluded may be tried again.
  void reset() { gzip_excluded_ = zstd_excluded_ = false; }

 private:
  Policy policy_;
  bool gzip_accepted_ = true;
  bool zstd_accepted_ = false;
  bool gzip_excluded_ = false;
  bool zstd_excluded_ = false;
};

}  // namespace paceline::publisher
