// A token service that answers anything: a line an answer, its status, Retry-After and body apart by tabs.
#include <algorithm>
#include <charconv>
#include <optional>

#include "common/ports/client_credentials.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/sim_world.h"

namespace paceline::fuzz {
namespace {

struct TokenService final : Http {
  HttpCall send(HttpRequest, Done given) override {
    CHECK(!done);  // One at a time.
    done = std::move(given);
    return ++calls;
  }
  void cancel(HttpCall) override { done = {}; }

  Done done;
  HttpCall calls = 0;
};

Result<HttpAnswer> answer_of(std::string_view line) {
  HttpAnswer answer;
  const auto status = take_part(line, '\t');
  if (status == "-") return fail(Errc::unavailable, "refused");
  std::from_chars(status.data(), status.data() + status.size(), answer.status);
  answer.headers = {{"retry-after", std::string{take_part(line, '\t')}}};
  answer.body = line;
  return answer;
}

}  // namespace

FUZZ(token) {
  const auto is_printable = [](char c) { return c >= ' ' && c < 0x7f; };
  test::SimWorld sim{1};
  World& world = sim.process({"a", "publisher", 0});
  TokenService service;
  HttpRequest request;
  request.url = "https://login.test/oauth/token?key=hidden";
  std::optional<bool> fetched;
  ClientCredentials credentials{
      world,
      service,
      {.request = request, .client_id = "a", .client_secret = "b", .fault_event = "token_failed"},
      [&](bool good, int) { fetched = good; }};
  credentials.start();
  for (int lines = 0; !input.empty() && lines < 50; ++lines) {
    // Whatever was answered, it is asked again: a token lives for two days at most.
    CHECK(sim.run_until([&] { return static_cast<bool>(service.done); }, 49h));
    const auto line = take_part(input, '\n');
    fetched.reset();
    std::exchange(service.done, {})(answer_of(line));
    CHECK(fetched.has_value());
    CHECK(*fetched == credentials.error().empty());
    CHECK(credentials.error().size() <= 1024 &&
          std::ranges::all_of(credentials.error(), is_printable));
    // What the service itself says may be repeated.
    CHECK(line.find("hidden") != line.npos ||
          credentials.error().find("hidden") == std::string::npos);
    if (!*fetched) continue;
    const auto& token = credentials.token();
    CHECK(token.usable(world.clock.now()) && std::ranges::all_of(token.text(), is_printable));
    if (token.text().size() % 2 == 0) credentials.refused(token.text());
  }
}

}  // namespace paceline::fuzz
