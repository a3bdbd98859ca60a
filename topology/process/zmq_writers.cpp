#include "topology/process/zmq_writers.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"

namespace paceline {
namespace {

constexpr Duration least_period = 50ms;
constexpr Duration most_period = 1s;

}  // namespace

ZmqWriters::ZmqWriters(std::string sender, Loop& loop, Metrics& metrics)
    : sender_{std::move(sender)},
      loop_{loop},
      sent_{metrics.counter("paceline_bus_messages_sent_total", "Messages published.")},
      sent_bytes_{metrics.counter("paceline_bus_bytes_sent_total", "Bytes published.")},
      life_signs_{metrics.counter("paceline_bus_life_signs_sent_total",
                                  "Empty messages on channels where nothing was said.")} {
}

ZmqWriters::~ZmqWriters() {
  loop_.cancel(timer_);
}

zmq::socket_t& ZmqWriters::add(const Channel& channel, zmq::socket_t socket) {
  const auto period = std::clamp<Duration>(channel.stale / 4, least_period, most_period);
  if (timer_ == 0 || period < period_) {
    loop_.cancel(timer_);
    period_ = period;
    timer_ = loop_.every(period, [this] { service(); });
  }
  return writers_
      .insert_or_assign(channel.name, Writer{std::move(socket), channel.stale / 2, clock_.now()})
      .first->second.socket;
}

void ZmqWriters::publish(std::string_view channel, Payload bytes, int shard) {
  CHECK(!bytes.empty());  // That would be a life sign.
  say(writers_.find(channel)->second, bytes, shard);
  sent_.add();
  sent_bytes_.add(static_cast<double>(bytes.size()));
}

void ZmqWriters::say(Writer& writer, Payload bytes, int shard) {
  writer.said = clock_.now();
  const auto topic = topic_of(shard);
  auto& socket = writer.socket;
  socket.send(zmq::buffer(topic), zmq::send_flags::sndmore | zmq::send_flags::dontwait);
  socket.send(zmq::buffer(sender_), zmq::send_flags::sndmore | zmq::send_flags::dontwait);
  socket.send(zmq::buffer(bytes.data(), bytes.size()), zmq::send_flags::dontwait);
}

void ZmqWriters::service() {
  const Instant now = clock_.now();
  for (auto& [channel, writer] : writers_) {
    static_cast<void>(writer.socket.get(zmq::sockopt::events));  // Takes in who came and went.
    if (now - writer.said < writer.quiet) continue;
    say(writer, {}, -1);
    life_signs_.add();
  }
}

std::string topic_of(int shard) {
  return shard < 0 ? "*" : std::to_string(shard) + ".";
}

}  // namespace paceline
