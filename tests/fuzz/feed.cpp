// A recorded feed: the first byte says whether a whole file follows, or chunks (fuzz.h) of which each is the payload
// of a frame whose length and checksum fit.
#include <zlib.h>

#include "services/statfeed/feed_file.h"
#include "tests/fuzz/fuzz.h"

namespace paceline::fuzz {
namespace {

using namespace statfeed;

void put32(std::string& out, std::uint64_t value) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift & 255);
}

std::string file_of(std::string_view input) {
  std::string file{feed_header};
  while (!input.empty()) {
    const auto payload = take_chunk(input);
    put32(file, payload.size());
    put32(file, ::crc32_z(0, reinterpret_cast<const Bytef*>(payload.data()), payload.size()));
    file += payload;
  }
  return file;
}

std::string written(const FeedRecord& record) {
  std::string out;
  encode_feed(record, out);
  return out;
}

Result<FeedRecord> first_of(std::string_view frames) {
  std::string file{feed_header};
  file += frames;
  auto reader = TRY(FeedReader::open(file));
  auto record = TRY(reader.next());
  CHECK(record.has_value() && reader.offset() == file.size());
  return *std::move(record);
}

}  // namespace

FUZZ(feed) {
  const std::string file = take_choice(input, 2) == 0 ? std::string{input} : file_of(input);
  auto reader = FeedReader::open(file);
  if (!reader) return check_told(reader.error(), file);
  for (;;) {
    const auto before = reader->offset();
    const auto record = reader->next();
    if (!record) {
      CHECK(reader->offset() == before);
      return check_told(record.error(), file);
    }
    if (!*record) break;
    CHECK(reader->offset() > before && reader->offset() <= file.size());
    CHECK((*record)->updates.size() + (*record)->targets.size() <= file.size());
    check_stays(**record, first_of, written);
  }
  CHECK(reader->offset() == file.size());
}

}  // namespace paceline::fuzz
