#include "topology/process/zmq_bus.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
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
#include "topology/process/curve_keys.h"

namespace paceline {
namespace {

// Messages read from one socket before the others have their turn.
constexpr int most_per_turn = 256;
// Connecting anew costs handshakes, which starve a starved host more: not at once, and ever less.
constexpr Duration least_silence = 1s;
constexpr Duration most_silence = 5s;
constexpr std::size_t most_questions = 64;  // Under way at once.
constexpr const char* zap_domain = "paceline";

bool is_tcp(std::string_view endpoint) {
  return endpoint.starts_with("tcp://");
}

std::string topic_of(int shard) {
  return shard < 0 ? "*" : std::to_string(shard) + ".";
}

// The folder of an ipc socket must exist, and is nobody else's business.
void make_folder(std::string_view endpoint) {
  if (!endpoint.starts_with("ipc://")) return;
  const std::filesystem::path file{endpoint.substr(6)};
  if (!file.has_parent_path() || std::filesystem::exists(file.parent_path())) return;
  std::filesystem::create_directories(file.parent_path());
  std::filesystem::permissions(file.parent_path(), std::filesystem::perms::owner_all);
}

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
    zmq::socket_t socket;
    std::vector<Source> sources;
    Deliver deliver;
  };
  struct Question {
    zmq::socket_t socket;
    Reply reply;
    TimerId timer = 0;
    Address whom;
    std::string endpoint;
  };

  State(const Topology& t, const Address& s, Loop& l, Log& g, Metrics& m)
      : topology{t}, self{s}, loop{l}, log{g}, metrics{m} {
    context.set(zmq::ctxopt::io_threads, 1);
    if (topology.encrypted) {
      keys = read_curve_keys(topology, self.node);
      bind_zap();
    }
  }

  ~State() {
    loop.cancel(silence_timer);
    for (auto& subscription : subscriptions) forget(subscription->socket, 0);
    for (auto& [id, question] : questions) forget(question.socket, question.timer);
    for (auto& socket : answering) forget(socket, 0);
    if (zap) forget(*zap, 0);
  }

  void forget(zmq::socket_t& socket, TimerId timer) {
    loop.cancel(timer);
    loop.forget_socket(socket.handle());
  }

  // ---- sockets ----

  zmq::socket_t make(zmq::socket_type type, int high_water) {
    zmq::socket_t socket{context, type};
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::sndhwm, high_water);
    socket.set(zmq::sockopt::rcvhwm, high_water);
    socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(max_frame_bytes));
    socket.set(zmq::sockopt::reconnect_ivl, 20);
    socket.set(zmq::sockopt::reconnect_ivl_max, 200);
    socket.set(zmq::sockopt::connect_timeout, 300);
    socket.set(zmq::sockopt::handshake_ivl, 1000);
    socket.set(zmq::sockopt::tcp_maxrt, 1200);
    return socket;
  }

  void bind(zmq::socket_t& socket, const std::string& where) {
    if (is_tcp(where) && keys) {
      socket.set(zmq::sockopt::curve_server, true);
      socket.set(zmq::sockopt::curve_secretkey, keys->own_secret);
      socket.set(zmq::sockopt::zap_domain, zap_domain);
    }
    make_folder(where);
    try {
      socket.bind(where);
    } catch (const zmq::error_t& error) {
      throw std::runtime_error{fmt::format("cannot bind {}: {}", where, error.what())};
    }
  }

  // A socket has one server key, so a SUB socket connects to one node only (see subscribe).
  void connect(zmq::socket_t& socket, const std::string& where, const std::string& node) {
    if (is_tcp(where) && keys) {
      socket.set(zmq::sockopt::curve_serverkey, keys->public_keys.at(node));
      socket.set(zmq::sockopt::curve_publickey, keys->public_keys.at(self.node));
      socket.set(zmq::sockopt::curve_secretkey, keys->own_secret);
    }
    socket.connect(where);
  }

  // Without a ZAP handler libzmq lets in any client with any key, so it is bound first of all.
  // (ZMQ_ZAP_ENFORCE_DOMAIN would refuse them, but is a draft option: not in Debian's build.)
  void bind_zap() {
    zap.emplace(context, zmq::socket_type::rep);
    zap->set(zmq::sockopt::linger, 0);
    zap->bind("inproc://zeromq.zap.01");
    loop.watch_socket(zap->handle(), [this] { authenticate(); });
  }

  void authenticate() {
    while (const auto frames = receive(*zap)) {
      bool good = false;
      if (frames->size() == 7 && (*frames)[6].size() == 32) {
        std::array<char, 41> key{};
        zmq_z85_encode(key.data(), static_cast<const std::uint8_t*>((*frames)[6].data()), 32);
        good = keys->knows(key.data());
      }
      if (!good) {
        strangers.add();
        log.warn("stranger_refused",
                 {{"address", frames->size() > 3 ? (*frames)[3].to_string() : "unknown"}});
      }
      const std::string id = frames->size() > 1 ? (*frames)[1].to_string() : "";
      const std::array<std::string, 6> reply = {
          "1.0", id, good ? "200" : "400", good ? "OK" : "not a node of this cluster", "", ""};
      for (std::size_t i = 0; i < reply.size(); ++i)
        zap->send(zmq::buffer(reply[i]),
                  i + 1 < reply.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
    }
  }

  // All frames of the next message, or nothing. At most 8 are kept, the rest is dropped.
  std::optional<std::vector<zmq::message_t>> receive(zmq::socket_t& socket) {
    std::vector<zmq::message_t> frames;
    for (;;) {
      zmq::message_t frame;
      if (!socket.recv(frame, zmq::recv_flags::dontwait)) return std::nullopt;
      const bool more = frame.more();
      if (frames.size() < 8) frames.push_back(std::move(frame));
      if (!more) return frames;
    }
  }

  // ---- PUB/SUB ----

  const Channel& channel(std::string_view name) const {
    const Channel* found = topology.channel(name);
    CHECK(found != nullptr);  // The topology's checker knows every channel that the code names.
    return *found;
  }

  zmq::socket_t& writer(std::string_view name) {
    const auto found = writers.find(name);
    if (found != writers.end()) return found->second;
    const auto& ch = channel(name);
    CHECK(ch.from == self.process);
    auto socket = make(zmq::socket_type::pub, 64);
    bind(socket, filled(topology, ch.endpoint, *topology.node(self.node), self));
    return writers.emplace(std::string{name}, std::move(socket)).first->second;
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

  void subscribe(const Channel& ch, Scope scope, const Deliver& deliver, int shard) {
    std::map<std::string, std::vector<Source>> by_node;
    for (auto& source : sources_of(ch, scope))
      by_node[source.address.node].push_back(std::move(source));
    for (auto& [node, sources] : by_node) {
      auto subscription = std::make_unique<Subscription>(
          Subscription{&ch, make(zmq::socket_type::sub, ch.keyframe > Duration::zero() ? 64 : 1000),
                       std::move(sources), deliver});
      auto& socket = subscription->socket;
      if (shard < 0) {
        socket.set(zmq::sockopt::subscribe, "");
      } else {
        socket.set(zmq::sockopt::subscribe, topic_of(shard));
        socket.set(zmq::sockopt::subscribe, topic_of(-1));
      }
      for (auto& source : subscription->sources) {
        source.heard = clock.now();
        source.allowed_silence = first_silence(ch);
        connect(socket, source.endpoint, node);
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
        continue;
      }
      source->heard = clock.now();
      source->allowed_silence = first_silence(*subscription.channel);
      received.add();
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
      connect(subscription.socket, source.endpoint, source.address.node);
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
    auto& question = questions
                         .try_emplace(id, Question{make(zmq::socket_type::req, 8), std::move(reply),
                                                   0, whom, where})
                         .first->second;
    connect(question.socket, where, whom.node);
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

  void answer(Answer answerer) {
    const Node& node = *topology.node(self.node);
    std::vector<std::string> where = {filled(topology, topology.control, node, self)};
    if (const auto pattern = topology.control_for_others(self.process); !pattern.empty())
      where.push_back(filled(topology, pattern, node, self));
    for (const auto& place : where) {
      auto& socket = answering.emplace_back(make(zmq::socket_type::rep, 64));
      bind(socket, place);
      loop.watch_socket(socket.handle(), [this, &socket, answerer] {
        for (int i = 0; i < most_per_turn; ++i) {
          const auto frames = receive(socket);
          if (!frames) return;
          const auto& frame = frames->front();
          const auto reply = answerer({frame.data<std::uint8_t>(), frame.size()});
          socket.send(zmq::buffer(reply), zmq::send_flags::dontwait);
        }
      });
    }
  }

  const Topology topology;
  const Address self;
  Loop& loop;
  Log& log;
  Metrics& metrics;
  SystemClock clock;
  Counter& received = metrics.counter("paceline_bus_messages_received_total", "Messages heard.");
  Counter& sent = metrics.counter("paceline_bus_messages_sent_total", "Messages published.");
  Counter& sent_bytes = metrics.counter("paceline_bus_bytes_sent_total", "Bytes published.");
  Counter& refused = metrics.counter("paceline_bus_messages_refused_total",
                                     "Messages of an unknown sender or another shape.");
  Counter& renewed = metrics.counter("paceline_bus_reconnects_total",
                                     "Connections renewed after a sender's silence.");
  Counter& strangers = metrics.counter("paceline_bus_strangers_total",
                                       "Connections refused because the key is no node's.");
  std::optional<CurveKeys> keys;
  zmq::context_t context;  // After what sockets refer to, before every socket.
  std::optional<zmq::socket_t> zap;
  std::map<std::string, zmq::socket_t, std::less<>> writers;
  std::vector<std::unique_ptr<Subscription>> subscriptions;
  TimerId silence_timer = 0;
  Duration silence_period{};
  std::map<std::uint64_t, Question> questions;
  std::uint64_t last_question = 0;
  std::deque<zmq::socket_t> answering;
};

ZmqBus::ZmqBus(const Topology& topology, const Address& self, Loop& loop, Log& log,
               Metrics& metrics)
    : state_{std::make_unique<State>(topology, self, loop, log, metrics)} {
}

ZmqBus::~ZmqBus() = default;

void ZmqBus::publish(std::string_view channel, Payload bytes, int shard) {
  auto& socket = state_->writer(channel);
  const auto topic = topic_of(shard);
  const auto from = state_->self.text();
  socket.send(zmq::buffer(topic), zmq::send_flags::sndmore | zmq::send_flags::dontwait);
  socket.send(zmq::buffer(from), zmq::send_flags::sndmore | zmq::send_flags::dontwait);
  socket.send(zmq::buffer(bytes.data(), bytes.size()), zmq::send_flags::dontwait);
  state_->sent.add();
  state_->sent_bytes.add(static_cast<double>(bytes.size()));
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
  state_->answer(std::move(answer));
}

void ZmqBus::bind_all() {
  for (const auto& channel : state_->topology.channels)
    if (channel.from == state_->self.process) state_->writer(channel.name);
}

}  // namespace paceline
