#include "services/publisher/compress.h"

#include <libdeflate.h>
#include <zstd.h>

#include "common/base/check.h"

namespace paceline::publisher {
namespace {

constexpr std::size_t kept_bytes = 2u << 20;  // Between two bodies.

}  // namespace

struct Compressor::Streams {
  explicit Streams(int gzip_level)
      : gzip{libdeflate_alloc_compressor(gzip_level)}, zstd{ZSTD_createCCtx()} {
    CHECK(gzip != nullptr && zstd != nullptr);
  }

  // What a large body took is given back: the next full publication is far, and a delta needs little.
  void begin_small() {
    if (ZSTD_sizeof_CCtx(zstd) <= kept_bytes) return;
    ZSTD_freeCCtx(zstd);
    zstd = ZSTD_createCCtx();
    CHECK(zstd != nullptr);
  }
  ~Streams() {
    libdeflate_free_compressor(gzip);
    ZSTD_freeCCtx(zstd);
  }
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;

  libdeflate_compressor* gzip;
  ZSTD_CCtx* zstd;
};

Compressor::Compressor(Policy policy) : policy_{policy} {
  CHECK(policy.gzip_level >= 1 && policy.gzip_level <= 12);
  CHECK(policy.zstd_level >= 1 && policy.zstd_level <= 19);
  streams_ = std::make_unique<Streams>(policy.gzip_level);
}

Compressor::~Compressor() = default;

Encoding Compressor::compress(Encoding encoding, std::string_view body, std::string& out) {
  out.clear();
  if (encoding == Encoding::identity || body.size() < policy_.least) return Encoding::identity;
  if (encoding == Encoding::gzip) {
    out.resize(libdeflate_gzip_compress_bound(streams_->gzip, body.size()));
    const std::size_t size =
        libdeflate_gzip_compress(streams_->gzip, body.data(), body.size(), out.data(), out.size());
    CHECK(size > 0);  // The bound leaves room for all of it.
    out.resize(size);
  } else {
    out.resize(ZSTD_compressBound(body.size()));
    const std::size_t size = ZSTD_compressCCtx(streams_->zstd, out.data(), out.size(), body.data(),
                                               body.size(), policy_.zstd_level);
    CHECK(ZSTD_isError(size) == 0);
    out.resize(size);
    streams_->begin_small();
  }
  if (out.capacity() > kept_bytes) out.shrink_to_fit();  // The bound was that of all bytes.
  if (out.size() < body.size()) return encoding;
  out.clear();
  return Encoding::identity;
}

}  // namespace paceline::publisher
