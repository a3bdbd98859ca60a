#include "services/pacer/checkpoint.h"

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "common/base/hash.h"
#include "common/wire/messages.h"

namespace paceline::pacer {
namespace {

constexpr std::string_view magic = "PLCK";
constexpr std::uint64_t format_version = 5;

// Every value of `learned` in the order of the format; a new one goes to the end and raises the
// version. Older versions are read, and what they do not have keeps its default.
template <class Visit>
void each_value(auto&& learned, std::uint64_t version, Visit visit) {
  const auto phase = [&](auto& p) {
    visit(p.ends);
    visit(p.exposure_s);
    for (auto& ends : p.bin_ends) visit(ends);
    for (auto& exposure : p.bin_exposure_s) visit(exposure);
  };
  const auto loop = [&](auto& l) {
    visit(l.started);
    visit(l.s);
    visit(l.outcomes);
    visit(l.abandoned);
  };
  visit(learned.accepted);
  visit(learned.answers);
  visit(learned.pending_s);
  visit(learned.answers_ever);
  phase(learned.service);
  phase(learned.wrap_up);
  visit(learned.queue_s);
  visit(learned.queue_abandoned);
  visit(learned.reactive_rate);
  visit(learned.smoothed_s);
  visit(learned.proactive_share);
  visit(learned.busy_factor);
  visit(learned.occupancy);
  visit(learned.integral);
  visit(learned.quantile);
  loop(learned.proactive);
  loop(learned.reactive);
  visit(learned.window_s);
  if (version < 2) return;
  visit(learned.window_seen_s);
  visit(learned.proactive.window_outcomes);
  visit(learned.reactive.window_outcomes);
  if (version < 3) return;
  visit(learned.proactive.closing_excess);
  visit(learned.proactive.closing_square);
  if (version < 4) return;
  visit(learned.unserved);
  visit(learned.unserved_long);
  visit(learned.reactive_long);
  if (version < 5) return;
  visit(learned.late);
  visit(learned.brief);
  for (auto& block : learned.rolling.at) {
    visit(block.days);
    visit(block.outcomes);
    visit(block.abandoned);
  }
  visit(learned.proactive.counted_more);
  visit(learned.absent.slots);
  visit(learned.absent.usual_s);
  visit(learned.absent.taken);
  visit(learned.absent.hold_s);
  visit(learned.spread.mean);
  visit(learned.spread.square);
  visit(learned.spread.periods);
}

void put(std::string& out, std::uint64_t value) {
  std::array<char, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(value >> (8 * i));
  out.append(bytes.data(), bytes.size());
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_{bytes} {}

  Result<std::uint64_t> number() {
    if (left_.size() < 8) return fail("a checkpoint that is cut short");
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i)
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(left_[i])) << (8 * i);
    left_.remove_prefix(8);
    return value;
  }

  Result<std::string> text(std::uint64_t size) {
    if (size > max_text_bytes || left_.size() < size) return fail("a checkpoint that is cut short");
    std::string value{left_.substr(0, size)};
    left_.remove_prefix(size);
    return value;
  }

  bool at_end() const { return left_.empty(); }

 private:
  std::string_view left_;
};

Result<Learned> read_learned(Reader& reader, std::uint64_t version) {
  Learned learned;
  std::optional<Error> wrong;
  each_value(learned, version, [&](auto& value) {
    const auto bits = reader.number();
    if (!bits) {
      wrong = bits.error();
      return;
    }
    if constexpr (std::is_same_v<std::decay_t<decltype(value)>, bool>)
      value = *bits != 0;
    else
      value = std::bit_cast<double>(*bits);
  });
  if (wrong) return tl::unexpected<Error>{*wrong};
  return sanitised(learned);
}

// [bytes] Exactly, so that no second copy of it all is made while it grows.
std::size_t bytes_of(const std::vector<std::pair<std::string, Learned>>& targets) {
  std::size_t bytes = 0;
  std::size_t values = 1;  // The length of the id.
  each_value(Learned{}, format_version, [&](const auto&) { ++values; });
  for (const auto& [id, learned] : targets) bytes += id.size() + values * sizeof(std::uint64_t);
  return bytes;
}

}  // namespace

std::string encode_checkpoint(const Checkpoint& checkpoint) {
  std::string out{magic};
  put(out, format_version);
  put(out, static_cast<std::uint64_t>(checkpoint.saved.time_since_epoch().count()));
  put(out, checkpoint.targets.size());
  out.reserve(out.size() + bytes_of(checkpoint.targets) + sizeof(std::uint64_t));
  for (const auto& [id, learned] : checkpoint.targets) {
    put(out, id.size());
    out += id;
    each_value(learned, format_version, [&](const auto& value) {
      if constexpr (std::is_same_v<std::decay_t<decltype(value)>, bool>)
        put(out, value ? 1 : 0);
      else
        put(out, std::bit_cast<std::uint64_t>(value));
    });
  }
  put(out, fnv1a(out));
  return out;
}

Result<Checkpoint> decode_checkpoint(std::string_view bytes) {
  if (bytes.size() < magic.size() + 8 || !bytes.starts_with(magic)) return fail("not a checkpoint");
  Reader hash{bytes.substr(bytes.size() - 8)};
  bytes.remove_suffix(8);
  if (TRY(hash.number()) != fnv1a(bytes)) return fail("a damaged checkpoint: its hash is wrong");
  Reader reader{bytes.substr(magic.size())};
  const auto version = TRY(reader.number());
  if (version < 1 || version > format_version)
    return fail(Errc::unsupported, "a checkpoint of version " + std::to_string(version));
  Checkpoint checkpoint;
  const auto saved = static_cast<Duration::rep>(TRY(reader.number()));
  checkpoint.saved = WallTime{Duration{saved}};
  if (checkpoint.saved < WallTime{}) return fail("a checkpoint of before 1970");
  const auto count = TRY(reader.number());
  if (count > max_rows)
    return fail(Errc::too_large, "a checkpoint of " + std::to_string(count) + " targets");
  for (std::uint64_t i = 0; i < count; ++i) {
    auto id = TRY(reader.text(TRY(reader.number())));
    checkpoint.targets.emplace_back(std::move(id), TRY(read_learned(reader, version)));
  }
  if (!reader.at_end()) return fail("a checkpoint with bytes left over");
  return checkpoint;
}

}  // namespace paceline::pacer
