#include "services/statfeed/feed_file.h"

#include <zlib.h>

#include <bit>
#include <cmath>
#include <limits>

#include "common/base/check.h"

namespace paceline::statfeed {
namespace {

constexpr std::size_t frame_head = 8;
constexpr double max_whole = 4503599627370496.0;  // Beyond that a double is written as it is.
constexpr std::size_t max_name = 4096;
constexpr Duration longest = 100 * 365 * 24h;

std::uint32_t crc_of(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

template <class Number>
void put_fixed(std::string& out, Number value) {
  for (std::size_t i = 0; i < sizeof value; ++i)
    out.push_back(static_cast<char>(value >> (8 * i) & 255));
}

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 128; value >>= 7) out.push_back(static_cast<char>((value & 127) | 128));
  out.push_back(static_cast<char>(value));
}

std::uint64_t zigzag(std::int64_t value) {
  return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}

std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

void put_text(std::string& out, std::string_view text) {
  put_varint(out, text.size());
  out += text;
}

// A payload being read: the first fault makes everything after it zero and ok() false.
class Payload {
 public:
  explicit Payload(std::string_view bytes) : left_{bytes} {}

  std::uint8_t byte() {
    if (left_.empty()) return fault(), std::uint8_t{0};
    const auto value = static_cast<std::uint8_t>(left_.front());
    left_.remove_prefix(1);
    return value;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto part = byte();
      value |= std::uint64_t{part & 127u} << shift;
      if (part < 128) return value;
    }
    return fault(), 0;
  }
  std::uint64_t fixed() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 8) value |= std::uint64_t{byte()} << shift;
    return value;
  }
  std::string text() {
    const auto size = varint();
    if (size > max_name || size > left_.size()) return fault(), std::string{};
    std::string value{left_.substr(0, size)};
    left_.remove_prefix(size);
    return value;
  }
  /// A count of things of at least one byte each.
  std::size_t count() {
    const auto value = varint();
    if (value > left_.size()) return fault(), 0;
    return value;
  }
  std::uint32_t small() {
    const auto value = varint();
    if (value > std::numeric_limits<std::uint32_t>::max()) return fault(), 0;
    return static_cast<std::uint32_t>(value);
  }
  void fault() {
    ok_ = false;
    left_ = {};
  }
  bool ok() const { return ok_; }
  bool done() const { return ok_ && left_.empty(); }

 private:
  std::string_view left_;
  bool ok_ = true;
};

void put_update(std::string& out, const StatisticUpdate& update, std::int64_t before_ms) {
  put_varint(out, update.statistic);
  out.push_back(static_cast<char>(update.status));
  // Differences wrap around, so that any timestamp survives.
  put_varint(out, zigzag(static_cast<std::int64_t>(static_cast<std::uint64_t>(update.timestamp_ms) -
                                                   static_cast<std::uint64_t>(before_ms))));
  if (update.status != StatisticUpdate::Status::value) return;
  const bool whole = std::abs(update.value) < max_whole &&
                     std::trunc(update.value) == update.value &&
                     !(update.value == 0 && std::signbit(update.value));
  out.push_back(whole ? 0 : 1);
  if (whole)
    put_varint(out, zigzag(static_cast<std::int64_t>(update.value)));
  else
    put_fixed(out, std::bit_cast<std::uint64_t>(update.value));
}

StatisticUpdate read_update(Payload& in, std::int64_t before_ms) {
  StatisticUpdate update;
  update.statistic = in.small();
  const auto kind = in.byte();
  if (kind > static_cast<std::uint8_t>(StatisticUpdate::Status::unseen)) in.fault();
  update.status = static_cast<StatisticUpdate::Status>(kind & 3);
  update.timestamp_ms = static_cast<std::int64_t>(
      static_cast<std::uint64_t>(before_ms) + static_cast<std::uint64_t>(unzigzag(in.varint())));
  if (!in.ok() || update.status != StatisticUpdate::Status::value) return update;
  update.value = in.byte() == 0 ? static_cast<double>(unzigzag(in.varint()))
                                : std::bit_cast<double>(in.fixed());
  return update;
}

std::optional<FeedRecord> read_record(std::string_view bytes) {
  Payload in{bytes};
  FeedRecord record;
  const auto kind = in.byte();
  if (kind > static_cast<std::uint8_t>(FeedRecord::Kind::state)) return std::nullopt;
  record.kind = static_cast<FeedRecord::Kind>(kind);
  const auto at_us = in.varint();
  if (at_us > static_cast<std::uint64_t>(longest / 1us)) in.fault();
  record.at = in.ok() ? static_cast<std::int64_t>(at_us) * Duration{1us} : Duration{};
  record.server = in.byte();
  if (record.server > 1 || record.at < Duration::zero()) return std::nullopt;
  if (record.kind == FeedRecord::Kind::targets) {
    const auto count = in.count();
    for (std::size_t i = 0; i < count && in.ok(); ++i) {
      FeedTarget target;
      target.slot = in.small();
      target.objects.id = in.text();
      target.objects.group = in.text();
      target.objects.queue = in.text();
      record.targets.push_back(std::move(target));
    }
  }
  if (record.kind == FeedRecord::Kind::updates) {
    const auto count = in.count();
    std::int64_t before_ms = 0;
    for (std::size_t i = 0; i < count && in.ok(); ++i) {
      record.updates.push_back(read_update(in, before_ms));
      before_ms = record.updates.back().timestamp_ms;
    }
  }
  if (record.kind == FeedRecord::Kind::state) {
    const auto flags = in.byte();
    if (flags > 63) in.fault();
    record.state.complete = (flags & 1) != 0;
    record.state.available = (flags & 2) != 0;
    record.state.pushing = (flags & 4) != 0;
    record.state.lost = (flags & 8) != 0;
    record.state.each_ages = (flags & 16) != 0;
    record.state.polled = (flags & 32) != 0;
    record.state.unseen = in.small();
  }
  if (!in.done()) return std::nullopt;
  return record;
}

// Version 2 had eleven kinds of statistics. False if a number has no place among those of today.
bool renumber(FeedRecord& record) {
  constexpr std::uint32_t kinds = 11;
  constexpr std::uint32_t most = std::numeric_limits<Statistic>::max() / statistic_kind_count - 1;
  for (auto& update : record.updates) {
    const std::uint32_t slot = update.statistic / kinds;
    if (slot > most) return false;
    update.statistic = statistic_of(slot, static_cast<StatisticKind>(update.statistic % kinds));
  }
  return true;
}

std::uint32_t fixed32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value |= std::uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return value;
}

}  // namespace

void encode_feed(const FeedRecord& record, std::string& out) {
  CHECK(record.at >= Duration::zero() && (record.server == 0 || record.server == 1));
  const auto begin = out.size();
  out.append(frame_head, '\0');
  out.push_back(static_cast<char>(record.kind));
  put_varint(out, static_cast<std::uint64_t>(record.at / 1us));
  out.push_back(static_cast<char>(record.server));
  if (record.kind == FeedRecord::Kind::targets) {
    put_varint(out, record.targets.size());
    for (const auto& target : record.targets) {
      put_varint(out, target.slot);
      put_text(out, target.objects.id);
      put_text(out, target.objects.group);
      put_text(out, target.objects.queue);
    }
  }
  if (record.kind == FeedRecord::Kind::updates) {
    put_varint(out, record.updates.size());
    std::int64_t before_ms = 0;
    for (const auto& update : record.updates) {
      put_update(out, update, before_ms);
      before_ms = update.timestamp_ms;
    }
  }
  if (record.kind == FeedRecord::Kind::state) {
    const auto& state = record.state;
    out.push_back(static_cast<char>((state.complete ? 1 : 0) | (state.available ? 2 : 0) |
                                    (state.pushing ? 4 : 0) | (state.lost ? 8 : 0) |
                                    (state.each_ages ? 16 : 0) | (state.polled ? 32 : 0)));
    put_varint(out, state.unseen);
  }
  const auto payload = std::string_view{out}.substr(begin + frame_head);
  std::string head;
  put_fixed(head, static_cast<std::uint32_t>(payload.size()));
  put_fixed(head, crc_of(payload));
  out.replace(begin, frame_head, head);
}

Result<FeedReader> FeedReader::open(std::string_view bytes) {
  const auto name = feed_header.substr(0, feed_header.size() - 1);
  if (!bytes.starts_with(name)) return fail("not a recorded feed");
  const bool older = bytes.starts_with(older_feed_header);
  if (!older && !bytes.starts_with(feed_header))
    return fail(Errc::unsupported, "a feed of another version");
  return FeedReader{bytes, older};
}

Result<std::optional<FeedRecord>> FeedReader::next() {
  const auto left = bytes_.substr(offset_);
  if (left.empty()) return std::optional<FeedRecord>{};
  const auto damaged = [&](const char* why) {
    return fail("damaged at byte " + std::to_string(offset_) + ": " + why);
  };
  if (left.size() < frame_head) return damaged("cut short");
  const std::size_t size = fixed32(left);
  if (size > max_feed_frame) return damaged("a frame too long");
  if (left.size() - frame_head < size) return damaged("cut short");
  const auto payload = left.substr(frame_head, size);
  if (crc_of(payload) != fixed32(left.substr(4))) return damaged("checksum");
  auto record = read_record(payload);
  if (!record || (older_ && !renumber(*record))) return damaged("unreadable frame");
  offset_ += frame_head + size;
  return record;
}

}  // namespace paceline::statfeed
