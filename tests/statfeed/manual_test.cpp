// README.md and FEED.md of statfeed, beside the code.
#include <fmt/format.h>

#include "common/wire/feed.h"
#include "services/statfeed/mapping.h"
#include "tests/support/manual.h"

namespace paceline::test {

TEST_CASE("the manual of statfeed lists exactly the events that it logs", "[statfeed]") {
  // Made of the server's name: of the backup there is the same.
  check_log_events("services/statfeed/README.md", "Log events", {"services/statfeed"},
                   {"primary_session_lost", "primary_request_failed", "primary_token_refused",
                    "primary_push_contradicted", "primary_push_unchecked", "primary_values_refused",
                    "primary_message_refused", "primary_rows_refused"});
}

TEST_CASE("FEED.md has the bounds of a message, its fields' names and its events", "[statfeed]") {
  const auto bounds = read_table("services/statfeed/FEED.md", "Bounds").rows;
  CHECK(bounds.at(0).at(1) == fmt::format("{} MiB, {},{:03} rows", max_feed_bytes >> 20,
                                          max_feed_rows / 1000, max_feed_rows % 1000));
  CHECK(max_feed_refusals == 100);
  const auto text = section_of("services/statfeed/FEED.md", "What a message is");
  CHECK(text.find("the first hundred") != std::string::npos);

  const auto words = code_words(text);
  const auto mapping = statfeed::default_mapping();
  for (std::uint32_t i = 0; i < statfeed::statistic_kind_count; ++i)
    if (mapping.statistics[i].needed)
      CHECK(std::ranges::count(words, to_string(static_cast<statfeed::StatisticKind>(i))) > 0);

  const auto logged = code_words(section_of("services/statfeed/README.md", "Log events"));
  static const std::regex event{"[a-z]+(_[a-z]+)+"};
  for (const auto& word : code_words(section_of("services/statfeed/FEED.md", "When things fail")))
    if (std::regex_match(word, event)) {
      CAPTURE(word);
      CHECK(std::ranges::count(logged, word) > 0);
    }
}

}  // namespace paceline::test
