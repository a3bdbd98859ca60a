#include "common/runtime/resolver.h"

#include <ares.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "common/base/check.h"
#include "common/runtime/system_clock.h"

namespace paceline {
namespace {

// Doubled with each try: a server that is silent costs 3.5 s, beside everything else.
constexpr int first_try_ms = 500;
constexpr int tries = 3;
constexpr const char* system_servers = "/etc/resolv.conf";

std::string numeric(const sockaddr* address, socklen_t length) {
  char text[NI_MAXHOST];
  if (getnameinfo(address, length, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0) return {};
  return text;
}

timespec changed_at(const char* file) {
  struct stat facts {};
  if (stat(file, &facts) != 0) return {};
  return facts.st_mtim;
}

}  // namespace

struct Resolver::State {
  struct Waiting {
    std::string name;
    Done done;
    TimerId patience = 0;  // 0 = none.
  };
  struct Asked {
    State* state;
    std::string name;
  };

  Loop& loop;
  Options options;
  Counter& questions;
  Counter& failures;
  SystemClock clock;
  NameCache cache;
  ares_channel channel = nullptr;
  timespec servers_changed_at{};
  TimerId timer = 0;
  Question last = 0;
  std::map<Question, Waiting> waiting;
  std::map<std::string, TimerId> starting;  // Asked in the next turn of the loop.
  std::set<std::string> asked;              // On their way to the name servers.

  State(Loop& l, Metrics& metrics, Options o)
      : loop{l},
        options{std::move(o)},
        questions{metrics.counter("paceline_name_questions_total",
                                  "Names whose addresses were asked for.")},
        failures{metrics.counter("paceline_name_failures_total",
                                 "Names that no name server gave addresses of.")} {
    CHECK(ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS);
    open();
  }

  void open() {
    ares_options wanted{};
    wanted.timeout = first_try_ms;
    wanted.tries = tries;
    wanted.sock_state_cb = &on_socket;
    wanted.sock_state_cb_data = this;
    CHECK(ares_init_options(&channel, &wanted,
                            ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB) ==
          ARES_SUCCESS);
    if (!options.servers.empty())
      CHECK(ares_set_servers_ports_csv(channel, options.servers.c_str()) == ARES_SUCCESS);
    servers_changed_at = changed_at(system_servers);
  }

  static void on_socket(void* user, ares_socket_t fd, int readable, int writable) {
    auto& self = *static_cast<State*>(user);
    if (readable == 0 && writable == 0) return self.loop.forget_fd(fd);
    self.loop.watch_fd(fd, readable != 0, writable != 0, [&self, fd] { self.act(fd); });
  }

  void act(ares_socket_t fd) {
    ares_process_fd(channel, fd, fd);
    set_timer();
  }

  void set_timer() {
    loop.cancel(timer);
    timer = 0;
    timeval left{};
    if (ares_timeout(channel, nullptr, &left) == nullptr) return;
    timer = loop.after(std::chrono::seconds{left.tv_sec} + std::chrono::microseconds{left.tv_usec},
                       [this] { act(ARES_SOCKET_BAD); });
  }

  // In the next turn: c-ares may answer at once, from a file.
  void ask(const std::string& name) {
    if (asked.contains(name) || starting.contains(name)) return;
    starting[name] = loop.after(Duration::zero(), [this, name] { start(name); });
  }

  void start(const std::string& name) {
    starting.erase(name);
    const timespec now = changed_at(system_servers);
    if (asked.empty() &&
        (now.tv_sec != servers_changed_at.tv_sec || now.tv_nsec != servers_changed_at.tv_nsec)) {
      ares_destroy(channel);
      open();
    }
    asked.insert(name);
    questions.add();
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    ares_getaddrinfo(channel, name.c_str(), nullptr, &hints, &on_answer, new Asked{this, name});
    set_timer();
  }

  static void on_answer(void* user, int status, int, ares_addrinfo* found) {
    const std::unique_ptr<Asked> question{static_cast<Asked*>(user)};
    const std::unique_ptr<ares_addrinfo, decltype(&ares_freeaddrinfo)> owned{found,
                                                                             &ares_freeaddrinfo};
    if (status == ARES_EDESTRUCTION) return;
    question->state->answered(question->name, status, owned.get());
  }

  void answered(const std::string& name, int status, const ares_addrinfo* found) {
    asked.erase(name);
    Addresses addresses;
    int ttl_s = std::numeric_limits<int>::max();
    for (auto* node = found ? found->nodes : nullptr; node; node = node->ai_next) {
      const std::string address = numeric(node->ai_addr, node->ai_addrlen);
      if (address.empty() || std::ranges::find(addresses, address) != addresses.end()) continue;
      addresses.push_back(address);
      ttl_s = std::min(ttl_s, node->ai_ttl);
    }
    if (status == ARES_SUCCESS && !addresses.empty()) {
      cache.told(name, addresses, std::chrono::seconds{std::max(ttl_s, 0)}, clock.now());
      return tell(name, std::move(addresses));
    }
    failures.add();
    const bool is_said = status == ARES_ENOTFOUND || status == ARES_ENODATA ||
                         status == ARES_EBADNAME || status == ARES_SUCCESS;
    if (is_said) {
      cache.no_such_name(name);
      return tell(name, fail(Errc::not_found, fmt::format("{}: no such name", name)));
    }
    cache.silent(name, clock.now());
    if (auto old = cache.known(name); !old.empty()) return tell(name, std::move(old));
    tell(name, fail(Errc::unavailable, fmt::format("{}: the name servers gave no answer ({})", name,
                                                   ares_strerror(status))));
  }

  void tell(const std::string& name, Result<Addresses> answer) {
    std::vector<Question> told;
    for (const auto& [question, who] : waiting)
      if (who.name == name) told.push_back(question);
    for (const auto question : told) tell_one(question, answer);
  }

  void tell_one(Question question, Result<Addresses> answer) {
    auto node = waiting.extract(question);
    if (node.empty()) return;  // Who was told before cancelled it.
    loop.cancel(node.mapped().patience);
    node.mapped().done(std::move(answer));
  }
};

Resolver::Resolver(Loop& loop, Metrics& metrics, Options options)
    : state_{std::make_unique<State>(loop, metrics, std::move(options))} {
}

Resolver::~Resolver() {
  for (const auto& [name, timer] : state_->starting) state_->loop.cancel(timer);
  for (const auto& [question, who] : state_->waiting) state_->loop.cancel(who.patience);
  state_->loop.cancel(state_->timer);
  ares_destroy(state_->channel);
  ares_library_cleanup();
}

Addresses Resolver::known(const std::string& name) {
  const auto ask = state_->cache.ask(name, state_->clock.now());
  if (ask == NameCache::Ask::first) return {};
  if (ask == NameCache::Ask::beside) state_->ask(name);
  return state_->cache.known(name);
}

Resolver::Question Resolver::ask(const std::string& name, Duration patience, Done done) {
  const Question question = ++state_->last;
  auto& who = state_->waiting[question] = {.name = name, .done = std::move(done)};
  if (auto old = state_->cache.known(name); !old.empty())
    who.patience = state_->loop.after(
        patience, [this, question, old = std::move(old)] { state_->tell_one(question, old); });
  state_->ask(name);
  return question;
}

void Resolver::cancel(Question question) {
  const auto node = state_->waiting.extract(question);
  if (!node.empty()) state_->loop.cancel(node.mapped().patience);
}

}  // namespace paceline
