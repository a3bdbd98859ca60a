#include "topology/process/zmq_bus.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <utility>
#include <zmq.hpp>

#include "common/base/check.h"
#include "common/runtime/system_clock.h"
#include "common/wire/messages.h"
#include "topology/process/arrivals.h"
#include "topology/process/bound_paths.h"
#include "topology/process/key_gate.h"
#include "topology/process/key_monitor.h"
#include "topology/process/zmq_sockets.h"
#include "topology/process/zmq_writers.h"

namespace paceline {
namespace {

// Messages read from one socket before the others have their turn.
constexpr int most_per_turn = 256;
// Connecting anew costs handshakes, which starve a starved host more: not at once, and ever less.
constexpr Duration least_silence = 1s;
constexpr Duration most_silence = 5s;
// Messages in a row that a node must sign rightly, until what it signed wrongly is over for the log.
constexpr std::uint64_t steady = 20;
constexpr std::size_t most_of_a_claim = 80;  // [bytes] In the log.
constexpr std::size_t most_questions = 64;   // Under way at once.

std::string filled(const Topology& topology, std::string_view pattern, const Node& node,
                   const Address& whose) {
  auto result = endpoint(topology, pattern, node, whose.process, whose.index);
  if (!result) throw std::runtime_error{result.error().detail};
  return *std::move(result);
}

}  // namespace

struct ZmqBus::State {
  // One process that we hear on a channel.
  struct Source {
    Address address;
    std::string endpoint;
    Instant heard{};             // Or connected anew.
    Duration allowed_silence{};  // Before it is connected anew.
  };
  struct Subscription {
    const Channel* channel;
    std::string node;  // That we are connected to.
    zmq::socket_t socket;
    std::vector<Source> sources;
    Deliver deliver;
    FaultLog refusals;
  };
  struct Question {
    zmq::socket_t socket;
    Reply reply;
    TimerId timer = 0;
    Address whom;
    std::string endpoint;
  };

  State(const Topology& t, const Address& s, Loop& l, Log& g, Metrics& m)
      : topology{t}, self{s}, loop{l}, log{g}, metrics{m}, sockets{topology, self.node} {
    if (!sockets.keys()) return;
    gate.emplace(sockets, topology, self.node, loop, log, metrics);
    monitor.emplace(sockets, loop, log, metrics);
    arrivals.emplace(sockets, loop, nullptr,
                     [this](const std::string& address, const char* why, bool certain) {
                       if (certain) gate->refuse(address, why);
                     });
  }

  ~State() {
    loop.cancel(silence_timer);
    for (auto& subscription : subscriptions) forget(subscription->socket, 0);
    for (auto& [id, question] : questions) forget(question.socket, question.timer);
    for (auto& socket : answering) forget(socket, 0);
  }

  void forget(zmq::socket_t& socket, TimerId timer) {
    loop.cancel(timer);
    loop.forget_socket(socket.handle());
  }

  // ---- PUB/SUB ----

  const Channel& channel(std::string_view name) const {
    const Channel* found = topology.channel(name);
    CHECK(found != nullptr);  // The topology's checker knows every channel that the code names.
    return *found;
  }

  void bind(zmq::socket_t& socket, const std::string& where) {
    if (arrivals && is_tcp(where)) arrivals->watch(socket);
    sockets.bind(socket, where);
  }

  // The first call for a channel binds it.
  void open_writer(std::string_view name) {
    if (writers.has(name)) return;
    const auto& ch = channel(name);
    CHECK(ch.from == self.process);
    const auto where = filled(topology, ch.endpoint, *topology.node(self.node), self);
    auto socket = sockets.make(zmq::socket_type::pub, 64, max_small_frame_bytes);
    bind(socket, where);
    paths.add(writers.add(ch, std::move(socket)), where);
  }

  std::vector<Source> sources_of(const Channel& ch, Scope scope) const {
    std::vector<Source> sources;
    for (const auto& node : topology.nodes) {
      if (scope == Scope::node && node.name != self.node) continue;
      for (const auto& [process, count] : topology.processes(node)) {
        if (process != ch.from) continue;
        for (int index = 0; index < count; ++index) {
          const Address address{node.name, process, index};
          if (address == self) continue;
          sources.push_back({address, filled(topology, ch.endpoint, node, address), Instant{}});
        }
      }
    }
    return sources;
  }

  zmq::socket_t sub_socket(const Channel& ch) {
    const bool rows = ch.keyframe > Duration::zero();
    return sockets.make(zmq::socket_type::sub, rows ? 64 : 1000,
                        rows ? max_frame_bytes : max_small_frame_bytes);
  }

  void subscribe(const Channel& ch, Scope scope, const Deliver& deliver, int shard) {
    std::map<std::string, std::vector<Source>> by_node;
    for (auto& source : sources_of(ch, scope))
      by_node[source.address.node].push_back(std::move(source));
    for (auto& [node, sources] : by_node) {
      auto subscription = std::make_unique<Subscription>(
          Subscription{&ch, node, sub_socket(ch), std::move(sources), deliver,
                       FaultLog{log, "sender_refused", steady}});
      auto& socket = subscription->socket;
      if (shard < 0) {
        socket.set(zmq::sockopt::subscribe, "");
      } else {
        socket.set(zmq::sockopt::subscribe, topic_of(shard));
        socket.set(zmq::sockopt::subscribe, topic_of(-1));
      }
      if (monitor && is_tcp(subscription->sources.front().endpoint))
        monitor->watch(socket, node, ch.name);
      for (auto& source : subscription->sources) {
        source.heard = clock.now();
        source.allowed_silence = first_silence(ch);
        sockets.connect(socket, source.endpoint, node);
      }
      loop.watch_socket(socket.handle(), [this, s = subscription.get()] { hear(*s); });
      subscriptions.push_back(std::move(subscription));
      look_for_silence(std::max<Duration>(ch.stale / 2, 50ms));
    }
  }

  void hear(Subscription& subscription) {
    for (int i = 0; i < most_per_turn; ++i) {
      const auto frames = receive(subscription.socket);
      if (!frames) return;
      const auto from = frames->size() == 3 ? (*frames)[1].to_string_view() : std::string_view{};
      const auto source = std::ranges::find_if(
          subscription.sources, [&](const Source& s) { return s.address.text() == from; });
      if (source == subscription.sources.end()) {
        refused.add();
        subscription.refusals.bad({{"channel", subscription.channel->name},
                                   {"node", subscription.node},
                                   {"claims", from.substr(0, most_of_a_claim)}});
        continue;
      }
      subscription.refusals.good();
      source->heard = clock.now();
      source->allowed_silence = first_silence(*subscription.channel);
      received.add();
      if ((*frames)[2].size() == 0) continue;  // A life sign.
      subscription.deliver(source->address,
                           {(*frames)[2].data<std::uint8_t>(), (*frames)[2].size()});
    }
  }

  static Duration first_silence(const Channel& channel) {
    return std::max<Duration>(channel.stale, least_silence);
  }

  // One timer for all: a process that has little to do is not awakened for each connection.
  void look_for_silence(Duration period) {
    if (silence_timer != 0 && period >= silence_period) return;
    loop.cancel(silence_timer);
    silence_period = period;
    silence_timer = loop.every(period, [this] {
      for (auto& subscription : subscriptions) renew_silent(*subscription);
    });
  }

  void renew_silent(Subscription& subscription) {
    for (auto& source : subscription.sources) {
      if (clock.now() - source.heard <= source.allowed_silence) continue;
      source.heard = clock.now();
      source.allowed_silence = std::max(std::min(2 * source.allowed_silence, most_silence),
                                        first_silence(*subscription.channel));
      renewed.add();
      subscription.socket.disconnect(source.endpoint);
      sockets.connect(subscription.socket, source.endpoint, source.address.node);
    }
  }

  // ---- REQ/REP ----

  void ask(const Address& whom, Payload request, Duration deadline, Reply reply) {
    const auto refuse = [&](std::string why) {
      loop.after(Duration::zero(), [reply = std::move(reply), why = std::move(why)] {
        reply(fail(Errc::unavailable, why));
      });
    };
    const Node* node = topology.node(whom.node);
    if (!node) return refuse(whom.text() + " is not in the topology");
    if (questions.size() >= most_questions) return refuse("too many questions under way");
    const bool is_own = whom.node == self.node;
    const std::string_view pattern =
        is_own ? topology.control : topology.control_for_others(whom.process);
    if (pattern.empty()) return refuse(whom.text() + " answers only its own node");
    const auto where = filled(topology, pattern, *node, whom);
    const auto id = ++last_question;
    auto& question =
        questions
            .try_emplace(id, Question{sockets.make(zmq::socket_type::req, 8, max_frame_bytes),
                                      std::move(reply), 0, whom, where})
            .first->second;
    sockets.connect(question.socket, where, whom.node);
    question.timer = loop.after(deadline, [this, id] {
      const auto& late = questions.at(id);
      finish(id, fail(Errc::unavailable,
                      fmt::format("no {} answers at {}", late.whom.process, late.endpoint)));
    });
    loop.watch_socket(question.socket.handle(), [this, id] { hear_answer(id); });
    question.socket.send(zmq::buffer(request.data(), request.size()), zmq::send_flags::dontwait);
  }

  void hear_answer(std::uint64_t id) {
    const auto frames = receive(questions.at(id).socket);
    if (!frames) return;
    const auto& frame = frames->front();
    finish(id, std::vector<std::uint8_t>{frame.data<std::uint8_t>(),
                                         frame.data<std::uint8_t>() + frame.size()});
  }

  void finish(std::uint64_t id, Result<std::vector<std::uint8_t>> answer) {
    auto node = questions.extract(id);
    auto& question = node.mapped();
    forget(question.socket, question.timer);
    question.reply(std::move(answer));
  }

  void answer(const Answer& answerer) {
    const Node& node = *topology.node(self.node);
    answer_at(filled(topology, topology.control, node, self), self.node, answerer);
    if (const auto pattern = topology.control_for_others(self.process); !pattern.empty())
      answer_at(filled(topology, pattern, node, self), "", answerer);
  }

  // `unsigned_node`: of an asker that showed no key.
  void answer_at(const std::string& where, std::string unsigned_node, Answer answerer) {
    auto& socket =
        answering.emplace_back(sockets.make(zmq::socket_type::rep, 64, max_small_frame_bytes));
    bind(socket, where);
    paths.add(socket, where);
    loop.watch_socket(socket.handle(), [this, &socket, unsigned_node = std::move(unsigned_node),
                                        answerer = std::move(answerer)] {
      for (int i = 0; i < most_per_turn; ++i) {
        auto frames = receive(socket);
        if (!frames) return;
        auto& frame = frames->front();
        const char* user = zmq_msg_gets(frame.handle(), "User-Id");  // As the key gate said.
        const auto reply =
            answerer(user ? user : unsigned_node, {frame.data<std::uint8_t>(), frame.size()});
        socket.send(zmq::buffer(reply), zmq::send_flags::dontwait);
      }
    });
  }

  const Topology topology;
  const Address self;
  Loop& loop;
  Log& log;
  Metrics& metrics;
  SystemClock clock;
  Counter& received = metrics.counter("paceline_bus_messages_received_total", "Messages heard.");
  Counter& refused = metrics.counter("paceline_bus_messages_refused_total",
                                     "Messages of an unknown sender or another shape.");
  Counter& renewed = metrics.counter("paceline_bus_reconnects_total",
                                     "Connections renewed after a sender's silence.");
  ZmqSockets sockets;  // Before every socket.
  std::optional<KeyGate> gate;
  ZmqWriters writers{self.text(), loop, metrics};
  std::vector<std::unique_ptr<Subscription>> subscriptions;
  std::optional<KeyMonitor> monitor;  // After what it watches.
  TimerId silence_timer = 0;
  Duration silence_period{};
  std::map<std::uint64_t, Question> questions;
  std::uint64_t last_question = 0;
  std::deque<zmq::socket_t> answering;
  std::optional<Arrivals> arrivals;      // After what it watches.
  BoundPaths paths{sockets, loop, log};  // After what it looks after.
};

ZmqBus::ZmqBus(const Topology& topology, const Address& self, Loop& loop, Log& log,
               Metrics& metrics)
    : state_{std::make_unique<State>(topology, self, loop, log, metrics)} {
}

ZmqBus::~ZmqBus() = default;

void ZmqBus::publish(std::string_view channel, Payload bytes, int shard) {
  state_->open_writer(channel);
  state_->writers.publish(channel, bytes, shard);
}

void ZmqBus::subscribe(std::string_view channel, Deliver deliver, int shard) {
  const Channel& ch = state_->channel(channel);
  state_->subscribe(ch, ch.scope, deliver, shard);
}

void ZmqBus::subscribe_own(std::string_view channel, Deliver deliver) {
  state_->subscribe(state_->channel(channel), Scope::node, deliver, -1);
}

void ZmqBus::ask(const Address& whom, Payload request, Duration deadline, Reply reply) {
  state_->ask(whom, request, deadline, std::move(reply));
}

void ZmqBus::answer(Answer answer) {
  state_->answer(answer);
}

Bus::KeyTrouble ZmqBus::key_trouble() const {
  if (!state_->gate) return {};
  return {state_->gate->refused(), state_->monitor->nodes()};
}

void ZmqBus::bind_all() {
  for (const auto& channel : state_->topology.channels)
    if (channel.from == state_->self.process) state_->open_writer(channel.name);
}

}  // namespace paceline
