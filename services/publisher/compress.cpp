#include "services/publisher/compress.h"

#include <zlib.h>

#include "common/base/check.h"

namespace paceline {
namespace {

constexpr int gzip_window_bits = 15 + 16;  // The largest window, with a gzip header.
constexpr int memory_level = 8;            // zlib's default.

}  // namespace

bool compress_gzip(std::string_view body, int level, std::size_t least, std::string& out) {
  CHECK(level >= 1 && level <= 9);
  if (body.size() < least) return false;
  z_stream stream{};
  CHECK(deflateInit2(&stream, level, Z_DEFLATED, gzip_window_bits, memory_level,
                     Z_DEFAULT_STRATEGY) == Z_OK);
  out.resize(deflateBound(&stream, body.size()));
  // zlib's interface is older than const.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);  // The bound leaves room for all of it.
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out.size() < body.size();
}

}  // namespace paceline
