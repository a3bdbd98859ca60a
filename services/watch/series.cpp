#include "services/watch/series.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "common/base/check.h"

namespace paceline::watch {
namespace {

void put(std::string& out, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) out.push_back(static_cast<char>(number | 0x80));
  out.push_back(static_cast<char>(number));
}

std::uint64_t zigzag(std::int64_t number) {
  return static_cast<std::uint64_t>(number) << 1 ^ static_cast<std::uint64_t>(number >> 63);
}

std::int64_t unzigzag(std::uint64_t number) {
  return static_cast<std::int64_t>(number >> 1) ^ -static_cast<std::int64_t>(number & 1);
}

/// Differences from value to value; a zero stands with the number of zeros that follow it.
template <class Get>
void put_column(std::string& out, std::size_t size, Get get) {
  std::int64_t before = 0;
  for (std::size_t i = 0; i < size;) {
    const std::int64_t value = get(i);
    put(out, zigzag(value - before));
    std::size_t next = i + 1;
    if (value == before) {
      while (next < size && get(next) == value) ++next;
      put(out, next - i - 1);
    }
    before = value;
    i = next;
  }
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_{bytes} {}

  Result<std::uint64_t> number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (bytes_.empty()) return fail("points end too early");
      const auto byte = static_cast<unsigned char>(bytes_.front());
      bytes_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return fail("a number in points is too long");
  }

  template <class Set>
  Result<void> column(std::size_t size, Set set) {
    std::uint64_t value = 0;  // Unsigned, so that hostile differences wrap.
    for (std::size_t i = 0; i < size;) {
      const std::uint64_t difference = TRY(number());
      value += static_cast<std::uint64_t>(unzigzag(difference));
      std::uint64_t run = 1;
      if (difference == 0) {
        run = TRY(number());
        if (run >= size - i) return fail("a run in points is longer than they are");
        ++run;
      }
      for (; run > 0; --run) set(i++, static_cast<std::int64_t>(value));
    }
    return {};
  }

  bool at_end() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
};

HistoryValues joined(std::span<const HistoryPoint> points) {
  HistoryValues out;
  for (std::size_t c = 0; c < history::count; ++c) {
    std::int64_t sum = 0;
    std::map<std::int32_t, std::size_t> words;
    std::size_t most = 0;
    for (const auto& point : points) {
      const std::int32_t value = point.values.at[c];
      sum += value;
      if (history_columns[c].kind != ColumnKind::word) continue;
      if (const auto times = ++words[value]; times >= most) {
        most = times;
        out.at[c] = value;
      }
    }
    if (history_columns[c].kind == ColumnKind::word) continue;
    const double value = history_columns[c].kind == ColumnKind::counter
                             ? static_cast<double>(sum)
                             : static_cast<double>(sum) / static_cast<double>(points.size());
    out.at[c] =
        static_cast<std::int32_t>(std::lround(std::clamp(value, -2147483648.0, 2147483647.0)));
  }
  return out;
}

std::int64_t floor_divide(std::int64_t number, std::int64_t by) {
  return number / by - (number % by < 0 ? 1 : 0);
}

}  // namespace

void HistoryValues::set(history::Column column, double value) {
  const double scaled = value * history_columns[column].scale;
  at[column] =
      std::isfinite(scaled)
          ? static_cast<std::int32_t>(std::lround(std::clamp(scaled, -2147483648.0, 2147483647.0)))
          : 0;
}

double HistoryValues::get(history::Column column) const {
  return static_cast<double>(at[column]) / history_columns[column].scale;
}

std::string encode_points(std::span<const HistoryPoint> points) {
  std::string out;
  out.reserve(16 + points.size() * 12);
  put(out, points.size());
  put_column(out, points.size(), [&](std::size_t i) { return points[i].key; });
  for (std::size_t c = 0; c < history::count; ++c)
    put_column(out, points.size(),
               [&](std::size_t i) -> std::int64_t { return points[i].values.at[c]; });
  return out;
}

Result<std::vector<HistoryPoint>> decode_points(std::string_view bytes, std::size_t most) {
  Reader reader{bytes};
  const std::uint64_t size = TRY(reader.number());
  if (size > most) return fail(Errc::too_large, "more points than there can be");
  std::vector<HistoryPoint> points(size);
  const auto keys =
      reader.column(size, [&](std::size_t i, std::int64_t key) { points[i].key = key; });
  if (!keys) return tl::unexpected{keys.error()};
  for (std::size_t c = 0; c < history::count; ++c) {
    const auto column = reader.column(size, [&](std::size_t i, std::int64_t value) {
      points[i].values.at[c] = static_cast<std::int32_t>(value);
    });
    if (!column) return tl::unexpected{column.error()};
  }
  if (!reader.at_end()) return fail("bytes follow the points");
  return points;
}

std::vector<HistoryPoint> roll_up(std::span<const HistoryPoint> points, std::int64_t factor) {
  CHECK(factor >= 1);
  std::vector<HistoryPoint> out;
  std::vector<HistoryPoint> together;
  const auto close = [&] {
    if (!together.empty())
      out.push_back({floor_divide(together.front().key, factor), joined(together)});
    together.clear();
  };
  for (const auto& point : points) {
    if (!point.values.known()) continue;
    if (!together.empty() &&
        floor_divide(point.key, factor) != floor_divide(together.front().key, factor))
      close();
    together.push_back(point);
  }
  close();
  return out;
}

std::vector<HistoryPoint> merged(std::span<const HistoryPoint> earlier,
                                 std::span<const HistoryPoint> later) {
  std::vector<HistoryPoint> out;
  out.reserve(earlier.size() + later.size());
  auto a = earlier.begin();
  auto b = later.begin();
  while (a != earlier.end() || b != later.end()) {
    if (b == later.end() || (a != earlier.end() && a->key < b->key)) {
      out.push_back(*a++);
    } else {
      if (a != earlier.end() && a->key == b->key) ++a;
      out.push_back(*b++);
    }
  }
  return out;
}

}  // namespace paceline::watch
