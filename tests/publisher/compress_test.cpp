#include "services/publisher/compress.h"

#include "tests/support/catch.h"

#include <rapidcheck.h>
#include <zlib.h>
#include <zstd.h>

namespace paceline::test {
using namespace publisher;
namespace {

std::string unpacked(const std::string& packed, std::size_t size) {
  std::string out(size, '\0');
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  inflateEnd(&stream);
  return out;
}

}  // namespace

TEST_CASE("what is compressed is what comes out", "[publisher][property]") {
  Compressor compressor{{.gzip_level = 1, .zstd_level = 1, .least = 0}};
  REQUIRE(rc::check([&](std::string body) {
    body += std::string(2000, 'x');
    std::string packed;
    RC_ASSERT(compressor.compress(Encoding::gzip, body, packed) == Encoding::gzip);
    RC_ASSERT(unpacked(packed, body.size()) == body);
    RC_ASSERT(compressor.compress(Encoding::zstd, body, packed) == Encoding::zstd);
    std::string out(body.size() + 1, '\0');
    RC_ASSERT(ZSTD_decompress(out.data(), out.size(), packed.data(), packed.size()) == body.size());
    out.resize(body.size());
    RC_ASSERT(out == body);
  }));
}

TEST_CASE("compression that does not pay is left out", "[publisher]") {
  const auto encoding = GENERATE(Encoding::gzip, Encoding::zstd);
  std::string packed;

  CHECK(Compressor{{.least = 0}}.compress(encoding, "short", packed) == Encoding::identity);
  CHECK(packed.empty());
  CHECK(Compressor{{.least = 1024}}.compress(encoding, std::string(1000, 'x'), packed) ==
        Encoding::identity);
}

TEST_CASE("a body is compressed from the least size on, and never as identity", "[publisher]") {
  std::string packed = "of before";
  Compressor compressor{{.least = 1024}};

  CHECK(compressor.compress(Encoding::gzip, std::string(1024, 'x'), packed) == Encoding::gzip);
  CHECK(unpacked(packed, 1024) == std::string(1024, 'x'));
  CHECK(compressor.compress(Encoding::identity, std::string(5000, 'x'), packed) ==
        Encoding::identity);
  CHECK(packed.empty());
}

}  // namespace paceline::test
