// A message of a feed's sender: who speaks is looked for in its beginning, its rows in all of it.
#include <algorithm>
#include <cmath>
#include <string>

#include "common/wire/codec.h"
#include "common/wire/feed.h"
#include "tests/fuzz/fuzz.h"

namespace paceline::fuzz {
namespace {

// "Nothing" is -1, and no number is anything else below zero.
void check_numbers(const FeedRow& row) {
  for_each_field<FeedRow>([&](const auto& field) {
    const auto& value = row.*field.member;
    if constexpr (std::is_same_v<std::decay_t<decltype(value)>, double>)
      CHECK(std::isfinite(value) && (value >= 0 || value == -1) && in_range(field, value));
    else
      CHECK(!value.empty() && static_cast<double>(value.size()) <= field.most);
  });
}

void check_refusals(const FeedReading& reading) {
  CHECK(reading.refusals.size() == std::min<std::size_t>(reading.refused, max_feed_refusals));
  for (const auto& refusal : reading.refusals) {
    CHECK(refusal.row > 0 && !refusal.why.empty());
    CHECK(refusal.why.size() + refusal.target.size() + refusal.key.size() <= 2'000);
  }
}

}  // namespace

FUZZ(feed_rows) {
  const auto bytes = bytes_of(input);
  const auto sender = read_feed_sender(bytes);
  if (!sender) check_told(sender.error(), input);
  CHECK(!sender || sender->size() <= max_feed_name + 1);
  const auto reading = read_feed_rows(bytes);
  if (!reading) return check_told(reading.error(), input);
  CHECK(reading->rows.size() + reading->refused <= max_feed_rows);
  std::uint32_t last = 0;
  for (const auto& [number, row] : reading->rows) {
    CHECK(number > last);
    last = number;
    check_numbers(row);
  }
  check_refusals(*reading);
  FeedAnswer answer{.taken = static_cast<std::uint32_t>(reading->rows.size()),
                    .refused = reading->refused,
                    .why = {},
                    .refusals = reading->refusals};
  for (const auto notation : {FeedNotation::json_lines, FeedNotation::messagepack})
    CHECK(!write_feed_answer(answer, notation).empty());
}

}  // namespace paceline::fuzz
