// The CometD half of a simulated Stat Server: who is let in, how long a request waits, what a refusal says.
#include <limits>

#include "tests/simulator/subscriber.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace simulator;
namespace {

struct Pushing {
  const Centre centre{busy_centre(), 1};
  StatServer server{centre, {}, 1};

  BayeuxMessage ask(BayeuxMessage message, const std::string& cookie = "") {
    return server.receive({std::move(message)}, cookie, at(1s)).messages.at(0);
  }
  StatServer::Reply connect(const Subscriber& subscriber, std::int64_t timeout_ms,
                            std::string type = "long-polling") {
    auto message = meta("/meta/connect", subscriber.client);
    message.connection_type = std::move(type);
    message.timeout_ms = timeout_ms;
    return server.receive({message}, subscriber.cookie, at(1s));
  }
};

}  // namespace

TEST_CASE("a handshake is refused that supports nothing of what is offered", "[simulator]") {
  Pushing pushing;
  auto handshake = meta("/meta/handshake");
  handshake.id = "7";
  handshake.connection_types = {"websocket", "callback-polling"};

  const auto refused = pushing.ask(handshake);

  CHECK(refused.successful == false);
  CHECK(refused.error == "301:websocket,callback-polling:connection types not supported");
  CHECK(refused.reconnect == "none");
  CHECK(refused.id == "7");
  CHECK(pushing.server.sessions() == 0);
  std::string text;
  encode_bayeux({refused}, text);
  CHECK(text.find(R"("supportedConnectionTypes":["long-polling"])") != text.npos);
  handshake.connection_types = {"websocket", "long-polling"};
  CHECK(pushing.ask(handshake).successful == true);
  handshake.connection_types = {};  // Some clients say nothing of it.
  CHECK(pushing.ask(handshake).successful == true);
}

TEST_CASE("a refused handshake names many connection types in few words", "[simulator]") {
  Pushing pushing;
  auto handshake = meta("/meta/handshake");
  handshake.connection_types.assign(1000, std::string(1000, 'x'));

  CHECK(pushing.ask(handshake).error.size() < 400);
}

TEST_CASE("a connect by a connection type that was not offered is refused", "[simulator]") {
  Pushing pushing;
  const Subscriber subscriber{pushing.server};

  const auto reply = pushing.connect(subscriber, -1, "websocket");

  CHECK_FALSE(reply.hold);
  CHECK(reply.client.empty());
  REQUIRE(reply.messages.size() == 1);
  CHECK(reply.messages[0].error.starts_with("301:websocket:"));
  CHECK(reply.messages[0].reconnect == "handshake");
  CHECK(reply.messages[0].client_id == subscriber.client);
}

TEST_CASE("a connect waits as long as it asks for, and never longer than the server likes",
          "[simulator]") {
  const auto [timeout_ms, wait] =
      GENERATE(table<std::int64_t, Duration>({{-1, 30s},
                                              {0, 0s},
                                              {1, 1ms},
                                              {2000, 2s},
                                              {30'000, 30s},
                                              {30'001, 30s},
                                              {std::numeric_limits<std::int64_t>::max(), 30s}}));
  Pushing pushing;
  const Subscriber subscriber{pushing.server};

  const auto reply = pushing.connect(subscriber, timeout_ms);

  CHECK(reply.wait == wait);
  CHECK(reply.hold == (wait > 0s));
}

TEST_CASE("of a list of channels all are listened to, or none", "[simulator]") {
  Pushing pushing;
  const Subscriber subscriber{pushing.server};
  const auto listen = [&](const char* verb, std::vector<std::string> channels) {
    auto message = meta(verb, subscriber.client);
    message.subscriptions = std::move(channels);
    return pushing.ask(message, subscriber.cookie);
  };
  const auto told_state = [&] { return pushing.server.take(subscriber.client, at(1s)).size(); };
  const std::string updates{updates_channel};
  const std::string service{service_channel};

  const auto refused = listen("/meta/subscribe", {service, "/weather"});
  CHECK(refused.successful == false);
  CHECK(refused.client_id == subscriber.client);
  CHECK(refused.subscriptions == std::vector{service, std::string{"/weather"}});
  CHECK(told_state() == 0);

  const auto taken = listen("/meta/subscribe", {updates, service});
  CHECK(taken.successful == true);
  CHECK(taken.subscriptions == std::vector{updates, service});
  CHECK(told_state() == 1);

  CHECK(listen("/meta/unsubscribe", {service, updates}).successful == true);
  pushing.server.set_service_state("Unavailable");
  CHECK(told_state() == 0);
}

TEST_CASE("a refusal carries the client's id that it was asked with", "[simulator]") {
  Pushing pushing;
  for (const char* channel : {"/meta/connect", "/meta/subscribe", "/meta/disconnect", "/other"}) {
    CAPTURE(channel);
    const auto refused = pushing.ask(meta(channel, "ghost"));
    CHECK(refused.successful == false);
    CHECK(refused.client_id == "ghost");
  }
}

TEST_CASE("a disconnect names the client whose request need not wait any longer", "[simulator]") {
  Pushing pushing;
  const Subscriber subscriber{pushing.server};

  const auto reply =
      pushing.server.receive({meta("/meta/disconnect", subscriber.client)}, "", at(1s));

  CHECK(reply.gone == subscriber.client);
  CHECK(pushing.server.sessions() == 0);
}

TEST_CASE("without its cookie a client reaches a server that does not know it", "[simulator]") {
  Pushing pushing;
  const Subscriber subscriber{pushing.server};
  const Subscriber other{pushing.server};
  pushing.server.subscribe(wanting("pushed", {}), subscriber.cookie, at(0s));
  pushing.server.subscribe(wanting("polled", {}), "", at(0s));
  const auto connect = meta("/meta/connect", subscriber.client);
  CHECK(pushing.ask(connect).successful == true);  // Nothing demands it yet.
  CHECK(pushing.server.has("pushed", ""));

  pushing.server.set_sticky(true);

  for (const auto& cookie : {std::string{}, std::string{"nonsense"}, other.cookie}) {
    CAPTURE(cookie);
    const auto refused = pushing.ask(connect, cookie);
    CHECK(refused.error == "402::unknown client");
    CHECK(refused.reconnect == "handshake");
    CHECK_FALSE(pushing.server.has("pushed", cookie));
  }
  CHECK(pushing.ask(connect, subscriber.cookie).successful == true);
  CHECK(pushing.server.has("pushed", subscriber.cookie));
  CHECK_FALSE(pushing.server.has("polled", subscriber.cookie));
  CHECK(pushing.server.has("polled", ""));
  CHECK(pushing.server.has("polled", "nonsense"));
  CHECK_FALSE(pushing.server.has("none", ""));
}

}  // namespace paceline::test
