#include "common/wire/msgpack_writer.h"

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "common/wire/msgpack_reader.h"
#include "common/wire/schema.h"
#include "tests/support/allocated_bytes.h"
#include "tests/support/catch.h"

namespace paceline::test {
namespace {

using Written = std::vector<std::uint8_t>;

Written written(const auto& write) {
  Written bytes;
  MsgpackWriter writer{bytes};
  write(writer);
  writer.finish();
  return bytes;
}

Written whole(auto value) {
  return written([&](MsgpackWriter& writer) { writer.whole(value); });
}

}  // namespace

TEST_CASE("a number takes the fewest bytes that MessagePack has for it", "[wire]") {
  CHECK(whole(std::uint64_t{0}) == Written{0x00});
  CHECK(whole(std::uint64_t{127}) == Written{0x7f});
  CHECK(whole(std::uint64_t{128}) == Written{0xcc, 0x80});
  CHECK(whole(std::uint64_t{256}) == Written{0xcd, 0x01, 0x00});
  CHECK(whole(std::uint64_t{65'536}) == Written{0xce, 0x00, 0x01, 0x00, 0x00});
  CHECK(whole(std::uint64_t{1} << 32) == Written{0xcf, 0, 0, 0, 1, 0, 0, 0, 0});
  CHECK(whole(std::int64_t{5}) == Written{0x05});
  CHECK(whole(std::int64_t{-1}) == Written{0xff});
  CHECK(whole(std::int64_t{-32}) == Written{0xe0});
  CHECK(whole(std::int64_t{-33}) == Written{0xd0, 0xdf});
  CHECK(whole(std::int64_t{-129}) == Written{0xd1, 0xff, 0x7f});
  CHECK(whole(std::int64_t{-32'769}) == Written{0xd2, 0xff, 0xff, 0x7f, 0xff});
  CHECK(whole(std::int64_t{INT64_MIN}) == Written{0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("every number, text and list is read as it was written", "[wire]") {
  for (int bits = 0; bits < 64; ++bits)
    for (int more = -1; more <= 1; ++more) {
      const auto value = (std::uint64_t{1} << bits) + static_cast<std::uint64_t>(more);
      const auto below = static_cast<std::int64_t>(0 - value);
      const Written one = whole(value);
      const Written other = whole(below);
      CHECK(MsgpackReader{one}.integer<std::uint64_t>() == value);
      CHECK(MsgpackReader{other}.integer<std::int64_t>() == below);
    }
  for (const std::size_t size : {0u, 31u, 32u, 255u, 256u, 65'535u, 65'536u}) {
    const std::string text(size, 'x');
    const Written bytes = written([&](MsgpackWriter& writer) {
      writer.array(static_cast<std::uint32_t>(size));
      writer.bin(text);
      writer.real(-0.0);
      writer.boolean(true);
    });
    MsgpackReader reader{bytes};
    CHECK(reader.array(0) == size);
    CHECK(reader.bin() == text);
    CHECK(std::signbit(reader.real()));
    CHECK(reader.boolean());
    CHECK(reader.left() == 0);
    if (size > max_text_bytes) continue;
    const Written words = written([&](MsgpackWriter& writer) { writer.text(text); });
    CHECK(MsgpackReader{words}.text() == text);
  }
}

TEST_CASE("a message no longer than the one before takes nothing from the heap", "[wire]") {
  Written bytes;
  const auto write = [&](std::uint32_t items) {
    MsgpackWriter writer{bytes};
    writer.array(items);
    for (std::uint32_t i = 0; i < items; ++i) writer.real(i);
    writer.finish();
  };
  write(1000);
  REQUIRE(bytes.size() == 3 + 9 * 1000);
  const AllocatedBytes allocated;

  for (const std::uint32_t items : {3u, 1000u, 999u, 0u}) write(items);

  CHECK(allocated.now() == 0);
  CHECK(bytes == Written{0x90});
}

}  // namespace paceline::test
