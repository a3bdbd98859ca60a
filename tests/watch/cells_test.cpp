// Other cells: what is asked of their watches, and what is told of them.
#include "services/watch/cells.h"

#include <nlohmann/json.hpp>

#include "common/wire/json_fields.h"
#include "services/watch/service_cells.h"
#include "tests/support/catch.h"
#include "tests/watch/service_fixture.h"

namespace paceline::test {
using namespace watch;
namespace {

/// Holds what is asked, until a test answers it.
class HeldHttp final : public Http {
 public:
  struct Asked {
    HttpRequest request;
    Done done;
  };
  std::map<HttpCall, Asked> asked;

  HttpCall send(HttpRequest request, Done done) override {
    asked.emplace(++calls_, Asked{std::move(request), std::move(done)});
    return calls_;
  }
  void cancel(HttpCall call) override { asked.erase(call); }
  void answer(const Result<HttpAnswer>& answer) {
    auto first = asked.extract(asked.begin());
    first.mapped().done(answer);
  }

 private:
  HttpCall calls_ = 0;
};

CellReply told(const StatusAnswer& status) {
  return {200, json_text(status)};
}

StatusAnswer of_south() {
  return {.cluster = "south", .node = "c", .master = "c", .targets = 7, .ready = true};
}

const std::vector<CellPlace> south = {{"south", "https://s:7110/"}};

TEST_CASE("a cell stands as its watch told last, with the age of that", "[watch]") {
  CellsView cells{south};
  const Instant start{};
  CHECK(cells.answer(start).cells[0].silent_because == "it has not been asked yet");

  cells.answered(0, told(of_south()), start);
  const auto good = cells.answer(start + 4s).cells[0];
  CHECK(good == CellAnswer{.name = "south",
                           .url = "https://s:7110/",
                           .heard_s = 4,
                           .silent_because = "",
                           .master = "c",
                           .targets = 7,
                           .ready = true,
                           .worst = "",
                           .remedy = ""});

  auto ill = of_south();
  ill.ready = false;
  ill.causes = {{"x", CauseWeight::stops, "c", "node c has no statistics", "ask the Stat Server"}};
  cells.answered(0, told(ill), start + 5s);
  CHECK(cells.answer(start + 5s).cells[0].worst == "node c has no statistics");
  CHECK(cells.answer(start + 5s).cells[0].remedy == "ask the Stat Server");

  cells.answered(0, fail(Errc::unavailable, "connection refused"), start + 9s);
  const auto silent = cells.answer(start + 15s).cells[0];
  CHECK(silent.silent_because == "connection refused");
  CHECK(silent.master == "c");
  CHECK(silent.heard_s == 10);
}

TEST_CASE("what is no status of a watch is told in words", "[watch]") {
  const auto why = [](int status, std::string body) {
    CellsView cells{south};
    cells.answered(0, CellReply{status, std::move(body)}, Instant{});
    const auto told = cells.answer(Instant{}).cells[0];
    CHECK(told.heard_s == -1);
    return told.silent_because;
  };

  CHECK(why(401, "{}") == "it asks for its read token: cells_token_file of [watch]");
  CHECK(why(503, "") == "HTTP status 503");
  CHECK(why(200, "<html>") == "what answers there is no watch of this version");
  CHECK(why(200, "{\"cluster\":5}") == "what answers there is no watch of this version");
}

TEST_CASE("what a cell says is cut where it is long, between two characters", "[watch]") {
  auto talks = of_south();
  talks.causes = {{"x", CauseWeight::stops, "c", std::string(399, 'x') + "\u00e4 and on", "ask"}};
  CellsView cells{south};

  cells.answered(0, told(talks), Instant{});

  CHECK(cells.answer(Instant{}).cells[0].worst == std::string(399, 'x') + "...");
}

TEST_CASE("each cell is asked every five seconds, one question at a time", "[watch][scenario]") {
  SimWorld sim{1};
  WatchConfig settings = config();
  settings.cells = {{"south", "https://s:7110/"}, {"west", "https://w/p/"}};
  settings.cells_token = "look";
  settings.cells_ca_file = "/ca.pem";
  CellsView view{settings.cells};
  HeldHttp http;
  {
    const CellAsker asker{settings, sim.process({"a", "watch", 0}), http, view};
    REQUIRE(http.asked.size() == 2);
    const HttpRequest& first = http.asked.begin()->second.request;
    CHECK(first.url == "https://s:7110/api/v1/status");
    CHECK(first.ca_file == "/ca.pem");
    CHECK(first.headers == HttpHeaders{{"Authorization", "Bearer look"}});
    CHECK(http.asked.rbegin()->second.request.url == "https://w/p/api/v1/status");

    HttpAnswer answer;
    answer.status = 200;
    answer.body = json_text(of_south());
    http.answer(answer);
    sim.run_for(6s);
    CHECK(http.asked.size() == 2);  // South again; west has not answered yet.
    CHECK(view.answer(sim.process({"a", "asker", 0}).clock.now()).cells[0].master == "c");
  }
  CHECK(http.asked.empty());  // Nobody waits for what is gone.
}

TEST_CASE("other cells are told under their own path, and make no node unready",
          "[watch][scenario]") {
  SimWorld sim{1};
  WatchConfig settings = config();
  settings.cells = south;
  Watch watch{settings, sim.process({"a", "watch", 0})};
  Client client;
  const auto asked = [&](const char* path) {
    watch.ask({.path = path}, client.exchange());
    REQUIRE_FALSE(client.answers.empty());
    return client.answers.back();
  };
  const auto ready_before = asked("/readyz").body;

  watch.cells().answered(0, fail(Errc::unavailable, "connection refused"), Instant{});

  const auto cells = nlohmann::json::parse(asked("/api/v1/cells").body)["cells"];
  REQUIRE(cells.size() == 1);
  CHECK(cells[0]["name"] == "south");
  CHECK(cells[0]["silent_because"] == "connection refused");
  CHECK(cells[0]["heard_s"].is_null());
  CHECK(asked("/readyz").body == ready_before);
}

}  // namespace
}  // namespace paceline::test
