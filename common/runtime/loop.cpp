#include "common/runtime/loop.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <zmq.h>

#include <algorithm>
#include <cerrno>
#include <queue>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/base/check.h"
#include "common/runtime/system_clock.h"

namespace paceline {
namespace {

[[noreturn]] void broken(const char* what) {
  throw std::system_error{errno, std::generic_category(), what};
}

constexpr Duration longest_wait = 1h;

}  // namespace

struct Loop::State {
  struct Timer {
    std::function<void()> call;
    Duration period;
    Instant due;
  };
  struct Due {
    Instant at;
    TimerId id;
    bool operator>(const Due& other) const { return at > other.at; }
  };
  using Ready = std::shared_ptr<std::function<void()>>;
  struct Watched {
    short events;
    Ready ready;
  };
  struct Socket {
    int fd;  // Becomes readable when the socket may have changed; only the socket says whether it has.
    Ready ready;
    bool look = true;       // It may have been used since it said so last.
    bool readable = false;  // As it said.
  };

  SystemClock clock;
  int signals = -1;
  bool running = false;
  bool items_changed = true;
  TimerId last_timer = 0;
  std::unordered_map<TimerId, Timer> timers;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due;
  std::map<int, Watched> fds;
  std::map<void*, Socket> sockets;
  std::vector<pollfd> items;  // Of fds, then of sockets, each in its order.
  std::function<void()> stop_call;
  std::function<Result<std::string>()> reload_call;
  std::function<void(Duration)> turn_call;
  bool restart_asked = false;

  TimerId set(Duration delay, Duration period, std::function<void()> call) {
    const TimerId id = ++last_timer;
    const Instant at = clock.now() + std::max(delay, Duration::zero());
    timers[id] = {std::move(call), period, at};
    due.push({at, id});
    return id;
  }

  Duration until_next() {
    while (!due.empty() && is_cancelled(due.top())) due.pop();  // Nobody awaits them: sleep on.
    if (due.empty()) return longest_wait;
    return std::clamp(due.top().at - clock.now(), Duration::zero(), longest_wait);
  }

  bool is_cancelled(const Due& entry) const {
    const auto found = timers.find(entry.id);
    return found == timers.end() || found->second.due != entry.at;
  }

  // Whether any timer was due.
  bool ring() {
    const Instant now = clock.now();
    bool rang = false;
    while (!due.empty() && due.top().at <= now) {
      const Due entry = due.top();
      const TimerId id = entry.id;
      due.pop();
      if (is_cancelled(entry)) continue;
      rang = true;
      const auto found = timers.find(id);
      auto& timer = found->second;
      if (timer.period == Duration::zero()) {
        const auto call = std::move(timer.call);
        timers.erase(found);
        call();
      } else {
        const auto missed = (now - timer.due) / timer.period;
        timer.due += (missed + 1) * timer.period;
        due.push({timer.due, id});
        const auto call = timer.call;  // It may cancel itself.
        call();
      }
    }
    return rang;
  }

  void rebuild() {
    items.clear();
    for (const auto& [fd, watched] : fds) items.push_back({fd, watched.events, 0});
    for (const auto& [handle, socket] : sockets) items.push_back({socket.fd, POLLIN, 0});
    items_changed = false;
  }

  // Asks the sockets that may have been used; to ask one costs two system calls.
  //   returns   whether any is readable
  bool look_at_sockets() {
    bool any = false;
    for (auto& [handle, socket] : sockets) {
      if (std::exchange(socket.look, false)) socket.readable = is_readable(handle);
      any = any || socket.readable;
    }
    return any;
  }

  static bool is_readable(void* handle) {
    int events = 0;
    std::size_t size = sizeof events;
    if (zmq_getsockopt(handle, ZMQ_EVENTS, &events, &size) != 0) broken("zmq_getsockopt");
    return (events & ZMQ_POLLIN) != 0;
  }

  // Callbacks may watch and forget.
  //   returns   whether a callback may have used any socket
  bool dispatch() {
    std::vector<int> fds_ready;
    std::vector<void*> sockets_ready;
    auto item = items.begin();
    for (const auto& [fd, watched] : fds)
      if ((item++)->revents != 0) fds_ready.push_back(fd);
    for (auto& [handle, socket] : sockets) {
      const bool woken = (item++)->revents != 0;
      if (woken && !socket.readable) socket.readable = is_readable(handle);
      if (socket.readable) sockets_ready.push_back(handle);
    }
    for (const int fd : fds_ready)
      if (const auto found = fds.find(fd); found != fds.end()) call(found->second.ready);
    for (auto* handle : sockets_ready)
      if (const auto found = sockets.find(handle); found != sockets.end()) {
        found->second.look = true;
        call(found->second.ready);
      }
    return !fds_ready.empty();
  }

  static void call(Ready ready) { (*ready)(); }  // Kept meanwhile: it may forget itself.

  void take_signals() {
    signalfd_siginfo info;
    while (read(signals, &info, sizeof info) == sizeof info) {
      if (info.ssi_signo != SIGHUP) {
        restart_asked = false;  // Whoever ends us while we begin anew means the end.
        ask_to_stop();
      } else if (reload_call) {
        static_cast<void>(reload_call());  // Whoever reloads logs what came of it.
      }
    }
  }

  void ask_to_stop() {
    if (stop_call)
      stop_call();
    else
      running = false;
  }
};

Loop::Loop() : state_{std::make_unique<State>()} {
  sigset_t mask;
  sigemptyset(&mask);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&mask, signal);
  if (sigprocmask(SIG_BLOCK, &mask, nullptr) != 0) broken("sigprocmask");
  signal(SIGPIPE, SIG_IGN);
  state_->signals = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
  if (state_->signals < 0) broken("signalfd");
  watch_fd(state_->signals, true, false, [this] { state_->take_signals(); });
}

Loop::~Loop() {
  close(state_->signals);
}

TimerId Loop::after(Duration delay, std::function<void()> call) {
  return state_->set(delay, Duration::zero(), std::move(call));
}

TimerId Loop::every(Duration period, std::function<void()> call) {
  CHECK(period > Duration::zero());
  return state_->set(period, period, std::move(call));
}

void Loop::cancel(TimerId timer) {
  state_->timers.erase(timer);
}

void Loop::watch_fd(int fd, bool readable, bool writable, std::function<void()> ready) {
  const int events = (readable ? POLLIN : 0) | (writable ? POLLOUT : 0);
  state_->fds[fd] = {static_cast<short>(events),
                     std::make_shared<std::function<void()>>(std::move(ready))};
  state_->items_changed = true;
}

void Loop::forget_fd(int fd) {
  state_->fds.erase(fd);
  state_->items_changed = true;
}

void Loop::watch_socket(void* socket, std::function<void()> ready) {
  int fd = -1;
  std::size_t size = sizeof fd;
  if (zmq_getsockopt(socket, ZMQ_FD, &fd, &size) != 0) broken("zmq_getsockopt");
  state_->sockets[socket] = {.fd = fd,
                             .ready = std::make_shared<std::function<void()>>(std::move(ready))};
  state_->items_changed = true;
}

void Loop::forget_socket(void* socket) {
  state_->sockets.erase(socket);
  state_->items_changed = true;
}

void Loop::on_stop(std::function<void()> call) {
  state_->stop_call = std::move(call);
}

void Loop::on_reload(std::function<Result<std::string>()> call) {
  state_->reload_call = std::move(call);
}

void Loop::on_turn(std::function<void(Duration)> call) {
  state_->turn_call = std::move(call);
}

Result<std::string> Loop::reload() {
  if (!state_->reload_call) return fail(Errc::unavailable, "this process does not reload");
  return state_->reload_call();
}

// Not at once: whoever asked for it wants an answer first.
void Loop::restart() {
  state_->restart_asked = true;
  after(Duration::zero(), [this] { state_->ask_to_stop(); });
}

bool Loop::restart_asked() const {
  return state_->restart_asked;
}

void Loop::run() {
  state_->running = true;
  while (state_->running) run_once(longest_wait);
}

void Loop::stop() {
  state_->running = false;
}

void Loop::run_once(Duration patience) {
  if (state_->items_changed) state_->rebuild();
  const bool readable = state_->look_at_sockets();
  const Duration wait =
      readable ? Duration::zero() : std::clamp(patience, Duration::zero(), state_->until_next());
  const auto millis = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
  if (poll(state_->items.data(), state_->items.size(), static_cast<int>(millis)) < 0) {
    if (errno != EINTR) broken("poll");
    for (auto& item : state_->items) item.revents = 0;
  }
  const Instant woken = state_->clock.now();
  bool any_used = state_->dispatch();
  // After the messages: a process that slept hears what came before its timers look at the time.
  any_used |= state_->ring();
  if (any_used)
    for (auto& [handle, socket] : state_->sockets) socket.look = true;
  if (state_->turn_call) state_->turn_call(state_->clock.now() - woken);
}

}  // namespace paceline
