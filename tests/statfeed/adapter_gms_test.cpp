// The Stat Service of GMS over real sockets on loopback.
#include "services/statfeed/adapter_gms.h"

#include <map>

#include "common/wire/gms.h"
#include "tests/statfeed/adapter_fixture.h"

namespace paceline::test {
using namespace statfeed;
namespace {

// Answers every question with 4, and keeps count.
struct Service {
  std::map<std::string, int> asked;  // By object and metric.
  std::vector<std::string> bodies;
  std::vector<ServerRequest> requests;

  ServerAnswer operator()(const ServerRequest& request) {
    requests.push_back(request);
    const auto question = decode_gms_question(request.body).value();
    ++asked[question.object_id + "/" + question.metric];
    return json(R"({"value":4})");
  }
};

GmsAdapter::Options options(const AdapterFixture& fixture) {
  GmsAdapter::Options options;
  options.url = fixture.address() + "/genesys/1";
  options.policy.schedule = {.per_second = 5000, .burst = 10, .least = 20ms, .unseen_min = 30ms};
  options.policy.parallel = 4;
  options.policy.retry_max = 20ms;
  return options;
}

std::size_t count(const AdapterFixture& fixture, StatisticUpdate::Status status) {
  return static_cast<std::size_t>(
      std::ranges::count(fixture.listener.updates, status, &StatisticUpdate::status));
}

}  // namespace

TEST_CASE("every statistic is asked for by form, over both interfaces", "[statfeed]") {
  const bool internal = GENERATE(false, true);
  Service service;
  AdapterFixture fixture{[&](const ServerRequest& request) {
    auto answer = service(request);
    answer.headers.emplace_back("Age", "3");
    return answer;
  }};
  auto how = options(fixture);
  how.policy.internal = internal;
  how.policy.max_age = 5s;
  how.policy.tenant = "Environment";
  how.policy.tenant_password = "a&b";
  how.policy.metric_key = "statisticType";
  if (!internal) {
    how.access.user = "me";
    how.access.password = "hush";
  }
  GmsAdapter adapter{
      how,           0,           fixture.listener, fixture.targets_index, fixture.mapping,
      fixture.world, fixture.http};

  fixture.run(adapter, [&] {
    return fixture.listener.state.complete && fixture.listener.updates.size() > 30;
  });

  CHECK(service.asked.size() == usual_kind_count);
  CHECK(service.asked.contains("g1/CurrentReadyAgents"));
  CHECK(service.asked.contains("q1/Total_Entered"));
  CHECK(fixture.listener.updates[0].value == 4);
  CHECK(fixture.listener.updates[0].age == 3s);
  CHECK(fixture.listener.signs > 0);
  const auto& request = service.requests[0];
  CHECK(request.method == "POST");
  CHECK(request.path == (internal ? "/genesys/1/internal_statistic" : "/genesys/1/statistic"));
  CHECK(request.header("authorization") == (internal ? "" : "Basic bWU6aHVzaA=="));
  CHECK(request.header("cache-control") == "max-age=5");
  CHECK(request.header("content-type") == "application/x-www-form-urlencoded");
  const auto question = decode_gms_question(request.body).value();
  CHECK(question.tenant == "Environment");
  CHECK(question.tenant_password == "a&b");
  CHECK(request.body.find("statisticType=") != std::string::npos);
}

TEST_CASE("no more questions are out than allowed, and no more a second", "[statfeed]") {
  std::size_t out = 0;
  std::size_t most = 0;
  std::size_t answered = 0;
  Loop loop;
  SystemClock clock;
  std::vector<Responder> waiting;
  HttpServer server{loop, {}, [&](ServerRequest, Responder respond) {
                      most = std::max(most, ++out);
                      loop.after(20ms, [&, respond]() mutable {
                        --out;
                        ++answered;
                        respond.send(json(R"({"value":1})"));
                      });
                    }};
  AdapterFixture fixture{good};
  auto how = options(fixture);
  how.url = "http://127.0.0.1:" + std::to_string(server.port()) + "/genesys/1";
  how.policy.parallel = 3;
  how.policy.schedule.per_second = 100;
  how.policy.schedule.burst = 3;
  how.policy.schedule.least = 1ms;
  GmsAdapter adapter{
      how,           0,           fixture.listener, fixture.targets_index, fixture.mapping,
      fixture.world, fixture.http};
  adapter.start();
  const Instant start = clock.now();

  while (answered < 60 && clock.now() < start + 20s) {
    fixture.loop.run_once(1ms);
    loop.run_once(1ms);
  }

  REQUIRE(answered >= 60);
  CHECK(most == 3);
  CHECK(clock.now() - start >= 550ms);  // 60 at 100 a second, less the first three.
}

TEST_CASE("a statistic that is not well defined is unseen, the others go on", "[statfeed]") {
  Service service;
  bool defined = false;
  AdapterFixture fixture{[&](const ServerRequest& request) {
    auto answer = service(request);
    if (request.body.find("Total_Entered") == std::string::npos || defined) return answer;
    return plain(
        403, R"({"message":"Queue 'q1' (Tenant 'Environment') not found","exception":"com.x.E"})");
  }};
  GmsAdapter adapter{
      options(fixture), 0,           fixture.listener, fixture.targets_index, fixture.mapping,
      fixture.world,    fixture.http};

  fixture.run(adapter, [&] {
    return fixture.listener.state.unseen == 1 && fixture.listener.state.complete;
  });
  CHECK(count(fixture, StatisticUpdate::Status::unseen) >= 1);
  CHECK(fixture.log.count("primary_request_failed") == 0);
  defined = true;

  REQUIRE(run_until(fixture.loop, [&] { return fixture.listener.state.unseen == 0; }));
}

TEST_CASE("ugly answers of the service are survived until good ones come", "[statfeed]") {
  const auto ugly =
      GENERATE(plain(200, "{\"val"), plain(200, ""), plain(200, "[]"), plain(500, ""),
               plain(503, "<html>"), plain(401, ""), plain(403, "forbidden"), plain(404, ""),
               plain(429, "", {{"Retry-After", "0"}}), plain(302, "", {{"Location", "/x"}}));
  CAPTURE(ugly.status, ugly.body);
  Service service;
  int bad = 3;
  AdapterFixture fixture{
      [&](const ServerRequest& request) { return bad-- > 0 ? ugly : service(request); }};
  GmsAdapter adapter{
      options(fixture), 0,           fixture.listener, fixture.targets_index, fixture.mapping,
      fixture.world,    fixture.http};

  fixture.run(adapter, [&] { return fixture.listener.state.complete; });

  CHECK(count(fixture, StatisticUpdate::Status::value) >= usual_kind_count);
  CHECK(count(fixture, StatisticUpdate::Status::unseen) == 0);
  CHECK(fixture.log.count("primary_request_failed") == 1);
  CHECK(fixture.log.count("primary_request_failed_over") == 1);
}

TEST_CASE("null is a statistic without a value", "[statfeed]") {
  AdapterFixture fixture{[](const ServerRequest&) { return json(R"({"value":null})"); }};
  GmsAdapter adapter{
      options(fixture), 0,           fixture.listener, fixture.targets_index, fixture.mapping,
      fixture.world,    fixture.http};

  fixture.run(adapter, [&] { return fixture.listener.state.complete; });

  CHECK(count(fixture, StatisticUpdate::Status::invalid) >= usual_kind_count);
}

TEST_CASE("targets come and go while questions are out", "[statfeed]") {
  Service service;
  AdapterFixture fixture{[&](const ServerRequest& request) { return service(request); }};
  GmsAdapter adapter{
      options(fixture), 0,           fixture.listener, fixture.targets_index, fixture.mapping,
      fixture.world,    fixture.http};
  adapter.start();

  adapter.targets_changed(fixture.targets_index.apply({{"t2", "g2", "q2"}}));

  REQUIRE(run_until(fixture.loop, [&] { return service.asked["q2/Total_Abandoned"] > 1; }));
  CHECK(fixture.listener.state.complete);
  fixture.loop.run_once(20ms);
  CHECK(service.asked["q1/Total_Abandoned"] == 0);
}

}  // namespace paceline::test
