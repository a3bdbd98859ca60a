// A request to watch: its first line is method and address, "GET /api/v1/targets?sort=id", as it is after decoding;
// each other line is a header, "accept: text/csv".
#include <simdjson.h>

#include <algorithm>

#include "services/watch/api.h"
#include "tests/fuzz/fuzz.h"

namespace paceline::fuzz {
namespace {

using namespace watch;

const Instant now{1000s};
const WallTime wall{1'790'000'000s};
constexpr std::size_t largest_answer = 4u << 20;  // [bytes] Of three targets.

// A cluster in which one target was heard, with some history and events.
struct Shown {
  Shown() {
    targets.set_stat(0, {.quality = StatQuality::good, .logged_in = 10, .ready = 3});
    targets.set_pace(0, {.state = PaceState::ok, .reason = PaceReason::granted, .proactive = 4});
    for (std::int64_t step = 60; step > 0; --step)
      CHECK(history.sample(targets, ms_since_1970(wall) - step * 10'000).has_value());
    for (int i = 0; i < 20; ++i)
      events.add({.wall_ms = ms_since_1970(wall) - 1000 * i,
                  .kind = i % 2 == 0 ? "master_changed" : "target_stale",
                  .severity = "notice",
                  .subject = "t0",
                  .detail = "=1+1, \"so\"\r\n"});
  }

  static std::vector<TargetName> names() {
    return {{.id = "t0", .media_channel = "chat", .group = "g0", .queue = "q0", .options = {}},
            {.id = "t1", .media_channel = "chat", .group = "g1", .queue = "q1", .options = {}},
            {.id = "t2", .media_channel = "callback", .group = "g2", .queue = "q2", .options = {}}};
  }

  ClusterView cluster{{.cluster = "demo",
                       .self = "a",
                       .nodes = {{.name = "a"}, {.name = "b", .priority = 90}},
                       .senders = {{"stat", "a/statfeed/0", "a", 0, 5s}},
                       .heartbeat_stale = 1s,
                       .publication_stale = 2s}};
  TargetTable targets{names()};
  EventList events{100};
  History history{{}, {"t0", "t1", "t2"}, nullptr};
};

WebRequest request_of(std::string_view input) {
  WebRequest request{.peer = "127.0.0.1"};
  auto line = take_part(input, '\n');
  request.method = take_part(line, ' ');
  request.path = take_part(line, '?');
  while (!line.empty()) {
    auto parameter = take_part(line, '&');
    const auto name = take_part(parameter, '=');
    request.query.emplace(name, parameter);
  }
  while (!input.empty()) {
    auto header = take_part(input, '\n');
    const auto name = take_part(header, ':');
    while (header.starts_with(' ')) header.remove_prefix(1);
    request.headers.emplace_back(name, header);
  }
  return request;
}

bool is_json(std::string_view text) {
  static simdjson::dom::parser parser;
  return parser.parse(text.data(), text.size()).error() == simdjson::SUCCESS;
}

void check_answer(const WebAnswer& answer) {
  constexpr std::array known{200, 304, 400, 401, 403, 404, 405, 421, 429, 503};
  CHECK(std::ranges::count(known, answer.status) == 1);
  bool packed = false;
  for (const auto& [name, value] : answer.headers) {
    CHECK(!name.empty() && value.find_first_of(std::string_view{"\r\n\0", 3}) == value.npos);
    packed = packed || name == "Content-Encoding";
  }
  CHECK(answer.body.size() <= largest_answer);
  CHECK(answer.status != 304 || answer.body.empty());
  if (answer.status == 304 || packed) return;
  if (answer.content_type == "application/json" ||
      answer.content_type == "application/problem+json")
    CHECK(is_json(answer.body));
  if (answer.content_type.starts_with("text/csv")) CHECK(answer.body.ends_with("\r\n"));
}

}  // namespace

FUZZ(web) {
  static const Shown shown;
  Api api{{shown.cluster, shown.targets, shown.events, shown.history, nullptr},
          {.read_token = "", .operate_token = "secret"},
          "http://127.0.0.1:1/"};
  const auto request = request_of(input);
  const Reply reply = api.reply(request, now, wall);
  if (const auto* answer = std::get_if<WebAnswer>(&reply)) check_answer(*answer);
  if (const auto* ask = std::get_if<AskExplanation>(&reply))
    CHECK(ask->target < shown.targets.size());
  if (const auto* ask = std::get_if<AskHandover>(&reply)) {
    CHECK(request.method == "POST" && request.header("authorization") == "Bearer secret");
    CHECK(ask->to.empty() || shown.cluster.has_candidate(ask->to));
  }
}

}  // namespace paceline::fuzz
