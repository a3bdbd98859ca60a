#include "services/publisher/compress.h"

#include <zlib.h>
#include <zstd.h>

#include "common/base/check.h"

namespace paceline {
namespace {

constexpr int gzip_window_bits = 15 + 16;  // The largest window, with a gzip header.
constexpr int memory_level = 8;            // zlib's default.

}  // namespace

struct Compressor::Streams {
  explicit Streams(int gzip_level) {
    CHECK(deflateInit2(&gzip, gzip_level, Z_DEFLATED, gzip_window_bits, memory_level,
                       Z_DEFAULT_STRATEGY) == Z_OK);
    zstd = ZSTD_createCCtx();
    CHECK(zstd != nullptr);
  }
  ~Streams() {
    deflateEnd(&gzip);
    ZSTD_freeCCtx(zstd);
  }
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;

  z_stream gzip{};
  ZSTD_CCtx* zstd = nullptr;
};

Compressor::Compressor(Policy policy) : policy_{policy} {
  CHECK(policy.gzip_level >= 1 && policy.gzip_level <= 9);
  CHECK(policy.zstd_level >= 1 && policy.zstd_level <= 19);
  streams_ = std::make_unique<Streams>(policy.gzip_level);
}

Compressor::~Compressor() = default;

Encoding Compressor::pack(Encoding encoding, std::string_view body, std::string& out) {
  out.clear();
  if (encoding == Encoding::identity || body.size() < policy_.least) return Encoding::identity;
  if (encoding == Encoding::gzip) {
    z_stream& stream = streams_->gzip;
    CHECK(deflateReset(&stream) == Z_OK);
    out.resize(deflateBound(&stream, body.size()));
    // zlib's interface is older than const.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
    stream.avail_in = static_cast<uInt>(body.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);  // The bound leaves room for all of it.
    out.resize(stream.total_out);
  } else {
    out.resize(ZSTD_compressBound(body.size()));
    const std::size_t size = ZSTD_compressCCtx(streams_->zstd, out.data(), out.size(), body.data(),
                                               body.size(), policy_.zstd_level);
    CHECK(ZSTD_isError(size) == 0);
    out.resize(size);
  }
  if (out.size() < body.size()) return encoding;
  out.clear();
  return Encoding::identity;
}

}  // namespace paceline
