#include "common/runtime/curl_http.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <utility>

#include "common/base/check.h"
#include "common/runtime/connector.h"
#include "common/runtime/curl_transfer.h"
#include "common/runtime/system_clock.h"

namespace paceline {
namespace {

constexpr int request_timeout_status = 408;
constexpr int most_sockets = 3;  // Of one request: its server gave the others up.

}  // namespace

struct CurlHttp::Multi {
  // A request is in curl, on a connection that is open or, once it has a socket, on a new one; or it
  // waits for that socket.
  struct Call {
    Call(HttpRequest request, Done d, Instant now)
        : transfer{std::move(request)}, done{std::move(d)}, sent{now} {}

    CurlTransfer transfer;
    Done done;
    Instant sent;
    std::optional<Connector::Attempt> attempt;  // While it waits for a socket.
    Duration waited{};                          // For its last socket.
    int sockets = 0;
  };

  Multi(Loop& l, Metrics& metrics, Resolver::Options names)
      : loop{l},
        connector{l, metrics, std::move(names)},
        sent{metrics.counter("paceline_http_requests_total", "HTTP requests sent.")},
        failed{
            metrics.counter("paceline_http_failures_total", "HTTP requests without an answer.")} {}

  Loop& loop;
  Connector connector;
  Counter& sent;
  Counter& failed;
  SystemClock clock;
  CURLM* multi = nullptr;
  HttpCall last = 0;
  TimerId timer = 0;
  std::map<HttpCall, Call> calls;

  static int on_socket(CURL* easy, curl_socket_t fd, int what, void* user, void*) {
    auto& self = *static_cast<Multi*>(user);
    if (what == CURL_POLL_REMOVE) {
      self.idle(easy, fd);
      return 0;
    }
    const bool in = what == CURL_POLL_IN || what == CURL_POLL_INOUT;
    const bool out = what == CURL_POLL_OUT || what == CURL_POLL_INOUT;
    self.loop.watch_fd(fd, in, out, [&self, fd] { self.act(fd); });
    return 0;
  }

  // Curl waits for nothing on this connection. What HTTP/1 says there unasked, or its end, must not be
  // taken for the answer to the next request; HTTP/2 has words of its own between two requests.
  void idle(CURL* easy, curl_socket_t fd) {
    long version = 0;
    curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
    if (version == CURL_HTTP_VERSION_2_0) return loop.forget_fd(fd);
    loop.watch_fd(fd, true, false, [this, fd] {
      char unasked[4096];
      while (recv(fd, unasked, sizeof unasked, MSG_DONTWAIT) > 0) continue;
      shutdown(fd, SHUT_RDWR);  // Curl finds it dead, and takes another one.
      loop.forget_fd(fd);
    });
  }

  static int on_timer(CURLM*, long timeout_ms, void* user) {
    auto& self = *static_cast<Multi*>(user);
    self.loop.cancel(self.timer);
    self.timer = 0;
    if (timeout_ms >= 0)
      self.timer = self.loop.after(std::chrono::milliseconds{timeout_ms},
                                   [&self] { self.act(CURL_SOCKET_TIMEOUT); });
    return 0;
  }

  static int on_close(void* user, curl_socket_t fd) {
    static_cast<Multi*>(user)->loop.forget_fd(fd);
    return close(fd);
  }

  // Without knowing whether fd was readable or writable, curl finds out by itself (flags 0).
  void act(curl_socket_t fd) {
    int running = 0;
    curl_multi_socket_action(multi, fd, 0, &running);
    collect();
  }

  void collect() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      const auto found = std::ranges::find(calls, message->easy_handle, [](const auto& entry) {
        return entry.second.transfer.easy();
      });
      CHECK(found != calls.end());
      ended(found->first, code);
    }
  }

  Duration left_of(const Call& call) const {
    return call.sent + call.transfer.request().timeout - clock.now();
  }

  void begin(Call& call, int socket) {
    CURL* easy = call.transfer.begin(left_of(call), socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &on_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
    CHECK(curl_multi_add_handle(multi, easy) == CURLM_OK);
  }

  void ended(HttpCall id, CURLcode code) {
    Call& call = calls.at(id);
    if (code == CURLE_OPERATION_TIMEDOUT) call.transfer.drop_if_dead();
    if (code != CURLE_OK && call.transfer.needs_socket() && call.sockets < most_sockets)
      return connect(id);
    // Curl asks again by itself where HTTP/1 closes, and not for all that HTTP/2 has for it.
    if (call.transfer.was_given_up(code) && call.sockets == 0) return connect(id);
    const bool is_reused = call.transfer.is_reused();
    Result<HttpAnswer> result = call.transfer.result(code, call.waited);
    // A server that closed an idle connection said so to the request that crossed it.
    if (result && result->status == request_timeout_status && is_reused && call.sockets == 0)
      return connect(id);
    finish(id, std::move(result));
  }

  void connect(HttpCall id) {
    Call& call = calls.at(id);
    curl_multi_remove_handle(multi, call.transfer.easy());
    call.transfer.end();
    ++call.sockets;
    const auto destination = call.transfer.destination();
    if (!destination) return finish(id, tl::unexpected(destination.error()));
    call.attempt = connector.connect(destination->host, destination->port,
                                     std::max<Duration>(left_of(call), 1ms),
                                     [this, id](Result<int> socket) { connected(id, socket); });
  }

  void connected(HttpCall id, const Result<int>& socket) {
    Call& call = calls.at(id);
    call.attempt.reset();
    call.waited = clock.now() - call.sent;
    if (socket) return begin(call, *socket);
    const char* whose = call.transfer.goes_by_proxy() ? ": proxy " : ": ";
    finish(id,
           fail(socket.error().code, call.transfer.request().url + whose + socket.error().detail));
  }

  void finish(HttpCall id, Result<HttpAnswer> result) {
    if (!result) failed.add();
    auto done = std::move(calls.at(id).done);
    take(id);
    done(std::move(result));
  }

  void take(HttpCall id) {
    const auto node = calls.extract(id);
    if (node.empty()) return;
    const Call& call = node.mapped();
    if (call.attempt) connector.cancel(*call.attempt);
    if (call.transfer.easy()) curl_multi_remove_handle(multi, call.transfer.easy());
  }
};

CurlHttp::CurlHttp(Loop& loop, Metrics& metrics, Resolver::Options names)
    : multi_{std::make_unique<Multi>(loop, metrics, std::move(names))} {
  CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
  multi_->multi = curl_multi_init();
  CHECK(multi_->multi != nullptr);
  curl_multi_setopt(multi_->multi, CURLMOPT_SOCKETFUNCTION, &Multi::on_socket);
  curl_multi_setopt(multi_->multi, CURLMOPT_SOCKETDATA, multi_.get());
  curl_multi_setopt(multi_->multi, CURLMOPT_TIMERFUNCTION, &Multi::on_timer);
  curl_multi_setopt(multi_->multi, CURLMOPT_TIMERDATA, multi_.get());
  curl_multi_setopt(multi_->multi, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
}

CurlHttp::~CurlHttp() {
  while (!multi_->calls.empty()) multi_->take(multi_->calls.begin()->first);
  multi_->loop.cancel(multi_->timer);
  curl_multi_cleanup(multi_->multi);
}

HttpCall CurlHttp::send(HttpRequest request, Done done) {
  const HttpCall id = ++multi_->last;
  auto& call =
      multi_->calls.try_emplace(id, std::move(request), std::move(done), multi_->clock.now())
          .first->second;
  multi_->sent.add();
  multi_->begin(call, -1);
  return id;
}

void CurlHttp::cancel(HttpCall call) {
  multi_->take(call);
}

}  // namespace paceline
