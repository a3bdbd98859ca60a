#include "services/publisher/compress.h"

#include <libdeflate.h>
#include <zstd.h>

#include "common/base/check.h"

namespace paceline::publisher {
namespace {

constexpr std::size_t kept_bytes = 2u << 20;  // Between two bodies.
// One window for bodies of every size, so that the tables are made once, for 0.9 MB, and need no
// clearing for the next body. A full publication of 10,000 targets is 1.6 % larger by it.
constexpr int window_log = 17;
constexpr int chain_log = 15;
constexpr int hash_log = 16;

}  // namespace

struct Compressor::Streams {
  explicit Streams(const Policy& policy)
      : gzip{libdeflate_alloc_compressor(policy.gzip_level)}, zstd{ZSTD_createCCtx()} {
    CHECK(gzip != nullptr && zstd != nullptr);
    for (const auto& [parameter, value] :
         {std::pair{ZSTD_c_compressionLevel, policy.zstd_level},
          std::pair{ZSTD_c_windowLog, window_log}, std::pair{ZSTD_c_chainLog, chain_log},
          std::pair{ZSTD_c_hashLog, hash_log}})
      CHECK(ZSTD_isError(ZSTD_CCtx_setParameter(zstd, parameter, value)) == 0);
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
  streams_ = std::make_unique<Streams>(policy);
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
    const std::size_t size =
        ZSTD_compress2(streams_->zstd, out.data(), out.size(), body.data(), body.size());
    CHECK(ZSTD_isError(size) == 0);
    out.resize(size);
  }
  if (out.capacity() > kept_bytes) out.shrink_to_fit();  // The bound was that of all bytes.
  if (out.size() < body.size()) return encoding;
  out.clear();
  return Encoding::identity;
}

}  // namespace paceline::publisher
