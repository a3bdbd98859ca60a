// Requests to one Stat Server over HTTP, whatever the interface: sent with who we are, counted and
// timed, and cancelled with this object.
//
//   ServerHttp http{0, access, world, port};
//   http.start([&] { ... });                       // as soon as requests may be sent
//   http.send(request, held, [](const Result<HttpAnswer>& answer) { ... });
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "services/statfeed/adapter_access.h"

namespace paceline::statfeed {

class ServerHttp {
 public:
  using Done = std::function<void(const Result<HttpAnswer>&)>;

  ServerHttp(int server, StatServerAccess access, World& world, Http& http);
  ~ServerHttp() { cancel_all(); }
  ServerHttp(const ServerHttp&) = delete;
  ServerHttp& operator=(const ServerHttp&) = delete;

  /// Calls `ready` once: now, or when the first token was fetched; `no_token` each time that none was.
  void start(std::function<void()> ready, std::function<void()> no_token) {
    access_.start(std::move(ready), std::move(no_token));
  }

  HttpRequest request(std::string method, std::string url) const {
    return access_.request(std::move(method), std::move(url));
  }
  /// `held`: the server may hold the answer back, so it tells nothing of the round trip.
  void send(HttpRequest request, bool held, Done done);
  /// Nothing that is out is answered any more.
  void cancel_all();
  std::size_t out() const { return out_.size(); }

  /// What the server asks for in Retry-After; nothing if it does not.
  std::optional<Duration> retry_after(const HttpAnswer& answer) const;

  /// The server took our credentials, whatever else it answered; 2xx counts as that by itself.
  void accepted() { access_.accepted(); }
  /// Answers, or parts of them, could not be used.
  void unusable(std::uint32_t count) { unusable_.add(count); }
  /// A request failed, or was answered with an error: logged once until succeeded().
  void failed(const std::string& why) {
    troubled(why);
    fault_.bad({{"why", why}});
  }
  void succeeded() {
    trouble_.clear();
    fault_.good();
  }
  /// The same as failed() for who looks at trouble(), and logs it himself.
  void troubled(std::string why) { trouble_ = std::move(why); }
  /// Why the server serves nothing, for people: of the last failure since succeeded(); "" = none.
  std::string trouble() const;

 private:
  World& world_;
  Http& http_;
  ServerAccess access_;
  std::set<HttpCall> out_;  // Not answered yet.
  bool refused_ = false;    // Our credentials, by the last answer.
  std::string trouble_{};
  FaultLog fault_;
  Counter& requests_;
  Counter& failures_;
  Counter& unusable_;
  Counter& bytes_;
  Histogram& round_trip_;
};

}  // namespace paceline::statfeed
