// Compression of bodies, when it pays. Keeps its working memory from one body to the next.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "services/publisher/encoding.h"

namespace paceline::publisher {

class Compressor {
 public:
  struct Policy {
    int gzip_level = 6;        // [1..12] 1 = the fastest.
    int zstd_level = 7;        // [1..19] 1 = the fastest.
    std::size_t least = 1024;  // [bytes] A smaller body is left as it is.
  };

  explicit Compressor(Policy policy);
  ~Compressor();
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  /// Compresses `body` into `out` (replaced): one gzip member, or one zstd frame.
  ///   returns   the encoding of `out`; identity, with `out` empty: too small, or it got no smaller
  ///   cost      O(n)
  Encoding compress(Encoding encoding, std::string_view body, std::string& out);

 private:
  struct Streams;
  Policy policy_;
  std::unique_ptr<Streams> streams_;
};

}  // namespace paceline::publisher
