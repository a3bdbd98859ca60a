#include "common/runtime/connector.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <system_error>
#include <utility>
#include <vector>

#include "common/base/address_order.h"
#include "common/runtime/system_clock.h"

namespace paceline {
namespace {

constexpr int unacknowledged_ms = 10'000;
constexpr int idle_s = 15;
constexpr int probe_s = 5;
constexpr std::size_t most_told = 4;  // Addresses in an error; the others are counted.
constexpr Duration longest_patience = 1800ms;

struct FreeAddress {
  void operator()(addrinfo* address) const { freeaddrinfo(address); }
};
using OwnedAddress = std::unique_ptr<addrinfo, FreeAddress>;

/// Of a numeric address alone; null if it is none.
OwnedAddress numeric_address(const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return nullptr;
  return OwnedAddress{found};
}

std::string words_of(int error) {
  return std::generic_category().message(error);
}

void set_option(int fd, int level, int option, int value) {
  // A kernel without one of them keeps the connection as well as it can.
  static_cast<void>(setsockopt(fd, level, option, &value, sizeof value));
}

/// A socket that is about to connect.
///   returns   [errno] 0 = `fd` is one; it connects, or has connected
int begin_connect(const addrinfo& there, int& fd) {
  fd = socket(there.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd < 0) return errno;
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, unacknowledged_ms);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, idle_s);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, probe_s);
  if (connect(fd, there.ai_addr, there.ai_addrlen) == 0 || errno == EINPROGRESS) return 0;
  const int error = errno;
  close(std::exchange(fd, -1));
  return error;
}

}  // namespace

struct Connector::State {
  struct Try {
    std::string address;
    int fd;
  };
  struct Race {
    std::string host;
    int port;
    Duration within;
    Done done;
    TimerId deadline = 0;
    TimerId next = 0;
    Resolver::Question question = 0;
    Addresses left;          // Not yet tried, the next one in front.
    std::vector<Try> tries;  // Under way, in the order of their beginning.
    Addresses failures;      // For people.
  };

  Loop& loop;
  Resolver resolver;
  SystemClock clock;
  AddressOrder order;
  Attempt last = 0;
  std::map<Attempt, Race> races;

  State(Loop& l, Metrics& metrics, Resolver::Options options)
      : loop{l}, resolver{l, metrics, std::move(options)} {}

  void begin(Attempt id) {
    auto& race = races.at(id);
    if (numeric_address(race.host, race.port)) return run(id, {race.host});
    if (auto known = resolver.known(race.host); !known.empty()) return run(id, std::move(known));
    race.question = resolver.ask(race.host, std::min<Duration>(race.within / 4, longest_patience),
                                 [this, id](Result<Addresses> addresses) {
                                   if (!addresses)
                                     return finish(id, tl::unexpected(addresses.error()));
                                   run(id, *std::move(addresses));
                                 });
  }

  void run(Attempt id, Addresses addresses) {
    auto& race = races.at(id);
    race.question = 0;
    race.left = order.order(std::move(addresses), clock.now());
    try_next(id);
  }

  void try_next(Attempt id) {
    auto& race = races.at(id);
    loop.cancel(std::exchange(race.next, 0));
    while (!race.left.empty()) {
      const std::string address = race.left.front();
      race.left.erase(race.left.begin());
      int fd = -1;
      const auto there = numeric_address(address, race.port);
      const int error = there ? begin_connect(*there, fd) : EADDRNOTAVAIL;
      if (error != 0) {
        failed(race, address, words_of(error));
        continue;
      }
      race.tries.push_back({address, fd});
      loop.watch_fd(fd, false, true, [this, id, fd] { connected(id, fd); });
      if (!race.left.empty()) race.next = loop.after(stagger, [this, id] { try_next(id); });
      return;
    }
    if (race.tries.empty()) finish(id, fail(Errc::unavailable, words(race)));
  }

  // Or not: the socket has an answer.
  void connected(Attempt id, int fd) {
    auto& race = races.at(id);
    const auto found = std::ranges::find(race.tries, fd, &Try::fd);
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    const std::string address = found->address;
    loop.forget_fd(fd);
    if (error != 0) {
      close(fd);
      race.tries.erase(found);
      failed(race, address, words_of(error));
      return try_next(id);
    }
    for (auto before = race.tries.begin(); before != found; ++before)
      order.failed(before->address, clock.now());  // Overtaken.
    race.tries.erase(found);
    order.answered(address);
    finish(id, fd);
  }

  void failed(Race& race, const std::string& address, std::string_view why) {
    order.failed(address, clock.now());
    race.failures.push_back(address == race.host ? std::string{why}
                                                 : fmt::format("{}: {}", address, why));
  }

  void out_of_time(Attempt id) {
    auto& race = races.at(id);
    if (race.question != 0)
      return finish(
          id, fail(Errc::unavailable, fmt::format("{}: the name servers gave no answer within {}",
                                                  race.host, format_duration(race.within))));
    for (const Try& attempt : race.tries)
      failed(race, attempt.address, "no answer within " + format_duration(race.within));
    for (const auto& address : race.left)
      race.failures.push_back(address + ": no time left to try it");
    finish(id, fail(Errc::unavailable, words(race)));
  }

  std::string words(const Race& race) const {
    const std::size_t told = std::min(race.failures.size(), most_told);
    std::string text =
        fmt::format("{} port {}: {}", race.host, race.port,
                    fmt::join(race.failures.begin(),
                              race.failures.begin() + static_cast<std::ptrdiff_t>(told), ", "));
    if (told < race.failures.size())
      text += fmt::format(", and {} more addresses", race.failures.size() - told);
    return text;
  }

  void finish(Attempt id, Result<int> result) {
    const auto done = std::move(races.at(id).done);
    end(id);
    done(std::move(result));
  }

  void end(Attempt id) {
    const auto node = races.extract(id);
    if (node.empty()) return;
    const Race& race = node.mapped();
    loop.cancel(race.deadline);
    loop.cancel(race.next);
    resolver.cancel(race.question);
    for (const Try& attempt : race.tries) {
      loop.forget_fd(attempt.fd);
      close(attempt.fd);
    }
  }
};

Connector::Connector(Loop& loop, Metrics& metrics, Resolver::Options options)
    : state_{std::make_unique<State>(loop, metrics, std::move(options))} {
}

Connector::~Connector() {
  while (!state_->races.empty()) state_->end(state_->races.begin()->first);
}

Connector::Attempt Connector::connect(const std::string& host, int port, Duration within,
                                      Done done) {
  const Attempt id = ++state_->last;
  auto& race =
      state_->races[id] = {.host = host, .port = port, .within = within, .done = std::move(done)};
  race.deadline = state_->loop.after(within, [this, id] { state_->out_of_time(id); });
  // In the next turn of the loop, like all that follows it.
  race.next = state_->loop.after(Duration::zero(), [this, id] { state_->begin(id); });
  return id;
}

void Connector::cancel(Attempt attempt) {
  state_->end(attempt);
}

}  // namespace paceline
