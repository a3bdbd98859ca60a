#include "services/simulator/gzip.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <limits>
#include <memory>

#include "common/base/check.h"

namespace paceline::simulator {
namespace {

constexpr int gzip_only = 15 + 16;  // Window bits, and a gzip header is required.

Bytef* input_of(std::string_view text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}

}  // namespace

Result<std::string> gunzip(std::string_view compressed, std::size_t max_bytes) {
  if (compressed.size() > std::numeric_limits<uInt>::max())
    return fail(Errc::too_large, "too many compressed bytes");
  z_stream stream{};
  CHECK(inflateInit2(&stream, gzip_only) == Z_OK);
  stream.next_in = input_of(compressed);
  stream.avail_in = static_cast<uInt>(compressed.size());
  std::string plain;
  int state = Z_OK;
  while (state == Z_OK) {
    const std::size_t before = plain.size();
    if (before == max_bytes) break;
    plain.resize(std::min(max_bytes, before + (256u << 10)));
    stream.next_out = reinterpret_cast<Bytef*>(plain.data() + before);
    stream.avail_out = static_cast<uInt>(plain.size() - before);
    state = inflate(&stream, Z_NO_FLUSH);
    plain.resize(plain.size() - stream.avail_out);
    if (state == Z_OK && stream.avail_in == 0 && plain.size() == before) state = Z_BUF_ERROR;
  }
  inflateEnd(&stream);
  if (state == Z_STREAM_END) return plain;
  if (state == Z_OK)
    return fail(Errc::too_large, "more than " + std::to_string(max_bytes) + " bytes");
  return fail("the gzip stream is broken or cut off");
}

Result<std::string> unzstd(std::string_view compressed, std::size_t max_bytes) {
  struct Release {
    void operator()(ZSTD_DCtx* owned) const { ZSTD_freeDCtx(owned); }
  };
  const std::unique_ptr<ZSTD_DCtx, Release> context{ZSTD_createDCtx()};
  CHECK(context != nullptr);
  ZSTD_inBuffer in{compressed.data(), compressed.size(), 0};
  std::string plain;
  std::size_t state = 1;
  while (in.pos < in.size || state != 0) {
    const std::size_t before = plain.size();
    if (before == max_bytes)
      return fail(Errc::too_large, "more than " + std::to_string(max_bytes) + " bytes");
    plain.resize(std::min(max_bytes, before + (256u << 10)));
    ZSTD_outBuffer out{plain.data() + before, plain.size() - before, 0};
    const std::size_t read = in.pos;
    state = ZSTD_decompressStream(context.get(), &out, &in);
    plain.resize(before + out.pos);
    if (ZSTD_isError(state) != 0 || (in.pos == read && out.pos == 0))
      return fail("the zstd stream is broken or cut off");
  }
  return plain;
}

std::string gzip(std::string_view plain) {
  z_stream stream{};
  CHECK(deflateInit2(&stream, 1, Z_DEFLATED, gzip_only, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = input_of(plain);
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace paceline::simulator
