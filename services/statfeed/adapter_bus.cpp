#include "services/statfeed/adapter_bus.h"

#include <zmq.h>

#include <algorithm>

namespace paceline::statfeed {
namespace {

// Messages that are read before timers and other sockets have their turn.
constexpr int most_per_turn = 4;
// That wait here of each connection: answers until more are dropped, messages until their sender waits.
constexpr int most_answers = 64;
constexpr int most_messages = 2;
// libzmq ends a connection that brings more. What is above max_feed_bytes and below is answered.
constexpr std::size_t most_bytes = 2 * max_feed_bytes;
constexpr std::uint64_t steady =
    20;                           // Messages in a row that are right, until it is over for the log.
constexpr Duration quiet = 1min;  // Until it is over for the log.

// A sender that is gone without a word gives its place back.
constexpr int keepalive_idle_s = 30;
constexpr int keepalive_interval_s = 10;
constexpr int keepalive_count = 3;

const char* property(zmq::message_t& frame, const char* name) {
  return zmq_msg_gets(frame.handle(), name);
}

std::span<const std::uint8_t> bytes_of(const zmq::message_t& frame) {
  return {frame.data<std::uint8_t>(), frame.size()};
}

}  // namespace

BusAdapter::BusAdapter(Options options, SourceListener& listener, const TargetsIndex& targets_index,
                       World& world, Loop& loop)
    : options_{std::move(options)},
      listener_{listener},
      targets_index_{targets_index},
      world_{world},
      loop_{loop},
      intake_{options_.intake},
      sockets_{options_.policy.senders, world.self.node},
      socket_{sockets_.make(zmq::socket_type::router, most_answers, most_bytes)},
      paths_{sockets_, loop, world.log},
      senders_{make_sender(0), make_sender(1)},
      strangers_{world.log, "feed_stranger"},
      strangers_count_{world.metrics.counter("paceline_statfeed_feed_strangers_total",
                                             "Messages of who is neither primary nor backup.")},
      crowded_{world.log, "feed_crowded"},
      ended_count_{world.metrics.counter("paceline_statfeed_feed_connections_ended_total",
                                         "Connections to the feed that were ended for others.")},
      connections_{
          world.metrics.gauge("paceline_statfeed_feed_connections", "Connections to the feed.")},
      arrivals_{sockets_, loop,
                [this](int connection) {
                  places_.arrived(connection, world_.clock.now());
                  make_room();
                },
                [this](const std::string& address, const char* why, bool) {
                  if (gate_) gate_->refuse(address, why);
                }} {
  if (sockets_.keys())
    gate_.emplace(sockets_, options_.policy.senders, world.self.node, loop, world.log,
                  world.metrics);
  socket_.set(zmq::sockopt::rcvhwm, most_messages);
  socket_.set(zmq::sockopt::router_handover, true);  // Who comes back with his routing id is heard.
  socket_.set(zmq::sockopt::tcp_keepalive, 1);
  socket_.set(zmq::sockopt::tcp_keepalive_idle, keepalive_idle_s);
  socket_.set(zmq::sockopt::tcp_keepalive_intvl, keepalive_interval_s);
  socket_.set(zmq::sockopt::tcp_keepalive_cnt, keepalive_count);
  arrivals_.watch(socket_);
  sockets_.bind(socket_, options_.policy.endpoint);
  paths_.add(socket_, options_.policy.endpoint);
}

BusAdapter::~BusAdapter() {
  stop();
}

std::unique_ptr<BusAdapter::Sender> BusAdapter::make_sender(int server) const {
  const std::string name = server_name(server);
  const Labels labels{{"server", name}};
  return std::make_unique<Sender>(Sender{
      .session = FaultLog{world_.log, name + "_session_lost"},
      .messages = FaultLog{world_.log, name + "_message_refused", steady},
      .rows = FaultLog{world_.log, name + "_rows_refused", steady},
      .messages_count = world_.metrics.counter("paceline_statfeed_feed_messages_total",
                                               "Messages of the sender.", labels),
      .messages_refused =
          world_.metrics.counter("paceline_statfeed_feed_messages_refused_total",
                                 "Messages of the sender that were refused as a whole.", labels),
      .rows_refused = world_.metrics.counter("paceline_statfeed_feed_rows_refused_total",
                                             "Rows of the sender that were refused.", labels)});
}

void BusAdapter::start() {
  started_ = true;
  loop_.watch_socket(socket_.handle(), [this] { hear(); });
  timer_ = world_.timers.every(std::max<Duration>(options_.silence / 4, 10ms),
                               [this] { look_for_silence(); });
}

void BusAdapter::stop() {
  if (!std::exchange(started_, false)) return;
  world_.timers.cancel(timer_);
  loop_.forget_socket(socket_.handle());
}

void BusAdapter::hear() {
  for (int i = 0; i < most_per_turn; ++i) {
    auto frames = receive(socket_);
    if (!frames) return;
    take(*frames);
  }
}

// Where the message came from, perhaps an empty frame (of a REQ socket), and one frame more.
void BusAdapter::take(Frames& frames) {
  const std::size_t envelope = frames.size() > 2 && frames[1].empty() ? 2 : 1;
  if (frames.size() != envelope + 1)
    return answer(frames, std::min(envelope, frames.size()),
                  FeedIntake::refusal({}, "a message is one frame: join the lines before sending"));
  auto& body = frames.back();
  const char* user = property(body, "User-Id");  // As the key gate said.
  const auto outcome =
      intake_.take(bytes_of(body), user ? user : "", targets_index_, world_.clock.now());
  answer(frames, envelope, outcome.reply);
  if (outcome.server) {
    places_.heard(zmq_msg_get(body.handle(), ZMQ_SRCFD), *outcome.server, world_.clock.now());
    tell_sender(*outcome.server, outcome);
  } else {
    tell_stranger(outcome, property(body, "Peer-Address"));
  }
}

void BusAdapter::answer(Frames& frames, std::size_t envelope,
                        const std::vector<std::uint8_t>& reply) {
  constexpr auto more = zmq::send_flags::sndmore | zmq::send_flags::dontwait;
  for (std::size_t i = 0; i < envelope; ++i) socket_.send(frames[i], more);
  socket_.send(zmq::buffer(reply), zmq::send_flags::dontwait);
}

void BusAdapter::tell_stranger(const FeedIntake::Outcome& outcome, const char* address) {
  strangers_count_.add();
  stranger_heard_ = world_.clock.now();
  strangers_.bad({{"claims", outcome.claims},
                  {"address", address ? address : ""},
                  {"why", outcome.answer.why}});
}

void BusAdapter::tell_sender(int server, const FeedIntake::Outcome& outcome) {
  auto& sender = *senders_[static_cast<std::size_t>(server)];
  const auto& told = outcome.answer;
  const auto& name = options_.intake.senders[static_cast<std::size_t>(server)];
  sender.messages_count.add();
  if (!told.why.empty()) {
    sender.messages_refused.add();
    return sender.messages.bad({{"sender", name}, {"why", told.why}});
  }
  sender.messages.good();
  sender.rows_refused.add(told.refused);
  if (told.refused > 0)
    sender.rows.bad({{"sender", name},
                     {"rows", told.refused},
                     {"of", told.refused + told.taken},
                     {"first", told.refusals.front().target},
                     {"why", told.refusals.front().why}});
  else
    sender.rows.good();
  if (told.taken == 0) return;
  sender.heard = world_.clock.now();
  const bool begins = !std::exchange(sender.open, true);
  if (begins) listener_.began(server);
  listener_.updated(server, outcome.updates);
  listener_.became(server, {.complete = true, .each_ages = true});
  listener_.heard(server);
  if (!begins) return;
  sender.session.good();
  world_.log.info("session_opened",
                  {{"server", server_name(server)}, {"how", "bus"}, {"sender", name}});
}

// An end is seen a moment later, so that one that was ended counts as gone at once.
void BusAdapter::make_room() {
  places_.keep_only(arrivals_.open());
  while (const auto connection = places_.gives_way()) {
    ended_count_.add();
    crowded_at_ = world_.clock.now();
    crowded_.bad({{"connections", places_.taken()}, {"ended", arrivals_.address_of(*connection)}});
    arrivals_.end(*connection);
    places_.left(*connection);
  }
  connections_.set(static_cast<double>(places_.taken()));
}

void BusAdapter::look_for_silence() {
  const Instant now = world_.clock.now();
  make_room();
  if (strangers_.is_bad() && now - stranger_heard_ > quiet) strangers_.good();
  if (crowded_.is_bad() && now - crowded_at_ > quiet) crowded_.good();
  for (int server = 0; server < static_cast<int>(senders_.size()); ++server) {
    auto& sender = *senders_[static_cast<std::size_t>(server)];
    if (!sender.open || now - sender.heard <= options_.silence) continue;
    sender.open = false;
    sender.session.bad(
        {{"sender", options_.intake.senders[static_cast<std::size_t>(server)]},
         {"why", "no row of it was taken for " + format_duration(options_.silence)}});
    listener_.became(server, {.complete = true,
                              .lost = true,
                              .each_ages = true,
                              .trouble = "no row of it is taken any more"});
  }
}

}  // namespace paceline::statfeed
