#include "common/ports/state_channel.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/ports/control.h"
#include "common/wire/codec.h"

namespace paceline {
namespace {

constexpr std::uint32_t not_ours = UINT32_MAX;
// Messages in a row that a sender must say well, until what it said wrongly is over for the log.
constexpr std::uint64_t steady = 20;

}  // namespace

template <class Row>
StateWriter<Row>::StateWriter(World& world, std::string channel, Options options)
    : world_{world},
      channel_{std::move(channel)},
      options_{std::move(options)},
      rows_(options_.ids.size()),
      is_changed_(options_.ids.size()) {
  CHECK(options_.keyframe > Duration::zero());
  header_.sender = world_.self.text();
  header_.shard = options_.shard;
  header_.incarnation = world_.incarnation;
  header_.dictionary = dictionary_hash(options_.ids);
}

template <class Row>
void StateWriter<Row>::set(std::uint32_t index, const Row& row) {
  if (rows_[index] == row) return;
  rows_[index] = row;
  if (is_changed_[index]) return;
  is_changed_[index] = true;
  changed_.push_back(index);
}

template <class Row>
void StateWriter<Row>::reset_ids(std::vector<std::string> ids) {
  std::unordered_map<std::string_view, std::uint32_t> before;
  for (std::uint32_t i = 0; i < options_.ids.size(); ++i) before.emplace(options_.ids[i], i);
  std::vector<Row> rows(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (const auto was = before.find(ids[i]); was != before.end())
      rows[i] = std::move(rows_[was->second]);
  rows_ = std::move(rows);
  changed_.clear();
  is_changed_.assign(ids.size(), false);
  options_.ids = std::move(ids);
  header_.dictionary = dictionary_hash(options_.ids);
  force_keyframe();
}

template <class Row>
void StateWriter<Row>::encode_into(Bytes& bytes, const FrameHeader& header) const {
  encode(StateParts<Row>{header, head_, options_.ids, changed_, rows_}, bytes);
}

template <class Row>
void StateWriter<Row>::publish(const typename Row::Head& head, Duration age) {
  const Instant now = world_.clock.now();
  header_.keyframe = std::exchange(forced_, false);
  head_ = head;
  content_at_ = now - age;
  ++header_.sequence;
  header_.age_ns = age.count();
  Bytes large;  // A keyframe is many times a delta: its bytes are not kept.
  Bytes& bytes = header_.keyframe ? large : bytes_;
  encode_into(bytes, header_);
  for (const auto index : changed_) is_changed_[index] = false;
  changed_.clear();
  world_.bus.publish(channel_, bytes, options_.shard);
  if (!header_.keyframe && now >= keyframe_due_)
    world_.bus.publish(channel_, keyframe(), options_.shard);
  if (header_.keyframe || now >= keyframe_due_) keyframe_due_ = now + options_.keyframe;
}

// Rows set since the last publish() are in it already; they come again with the next delta, which
// is harmless.
template <class Row>
std::vector<std::uint8_t> StateWriter<Row>::keyframe() const {
  FrameHeader header = header_;
  header.keyframe = true;
  header.age_ns = (world_.clock.now() - content_at_).count();
  Bytes bytes;
  encode_into(bytes, header);
  return bytes;
}

template <class Row>
StateReader<Row>::StateReader(World& world, std::string channel, Options options,
                              const std::vector<std::string>& ids, Changed changed)
    : world_{world},
      channel_{std::move(channel)},
      options_{std::move(options)},
      changed_{std::move(changed)},
      gap_counter_{
          world.metrics.counter("paceline_bus_gaps_total",
                                "Messages missed on a state channel, each answered by a keyframe.",
                                {{"channel", channel_}})},
      refused_counter_{world.metrics.counter("paceline_bus_refused_total",
                                             "Messages of a state channel that could not be read.",
                                             {{"channel", channel_}})} {
  reset_ids(ids);
  world_.bus.subscribe(
      channel_, [this](const Address& from, Payload bytes) { hear(from, bytes, false); },
      options_.shard);
}

template <class Row>
void StateReader<Row>::reset_ids(const std::vector<std::string>& ids) {
  std::unordered_map<std::string, std::uint32_t> index_of;
  std::vector<Row> rows(ids.size());
  std::vector<bool> heard(ids.size());
  std::vector<Sender*> source(ids.size());
  std::vector<std::uint32_t> now_at(rows_.size(), not_ours);
  bool more = false;
  for (std::uint32_t i = 0; i < ids.size(); ++i) {
    index_of.emplace(ids[i], i);
    const auto before = index_of_.find(ids[i]);
    if (before == index_of_.end()) {
      more = true;
      continue;
    }
    now_at[before->second] = i;
    rows[i] = std::move(rows_[before->second]);
    heard[i] = heard_[before->second];
    source[i] = source_[before->second];
  }
  index_of_ = std::move(index_of);
  rows_ = std::move(rows);
  heard_ = std::move(heard);
  source_ = std::move(source);
  for (auto& [stream, sender] : senders_) {
    for (auto& ours : sender.map)
      if (ours != not_ours) ours = now_at[ours];
    if (!more) continue;
    sender.partial = true;
    ask_keyframe(sender);
  }
}

template <class Row>
FaultLog& StateReader<Row>::refusals_of(const Address& from) {
  return refusals_.try_emplace(from, world_.log, channel_ + "_refused", steady).first->second;
}

template <class Row>
void StateReader<Row>::refuse(const Address& from, const std::string& why) {
  ++refused_;
  refused_counter_.add();
  refusals_of(from).bad({{"from", from.text()}, {"why", why}});
}

/// What `from` said, if it may say it.
template <class Row>
Result<StateFrame<Row>> StateReader<Row>::read(const Address& from,
                                               std::span<const std::uint8_t> bytes) const {
  auto frame = TRY(decode_frame<Row>(
      bytes, [&](const FrameHeader& header) { return unknown_of(from, header); }));
  const auto& header = frame.header;
  if (header.sender != from.text()) return fail(fmt::format("claims to be {}", header.sender));
  if (header.shard < -1 || header.shard >= options_.shards)
    return fail(fmt::format("shard = {}: not in [-1, {}]", header.shard, options_.shards - 1));
  const auto rows = std::max(frame.ids.size(), frame.rows.size());
  if (rows > options_.rows)
    return fail(Errc::too_large, fmt::format("{} rows, at most {}", rows, options_.rows));
  return frame;
}

// A keyframe repeats its rows for those who lost a message; whoever heard all before it has them.
template <class Row>
FrameParts StateReader<Row>::unknown_of(const Address& from, const FrameHeader& header) const {
  const auto known = senders_.find({from, header.shard});
  if (known == senders_.end()) return FrameParts::all;
  const Sender& sender = known->second;
  if (sender.partial || sender.dictionary != header.dictionary) return FrameParts::all;
  const bool holds_rows = sender.synchronised && !sender.overtaken && header.keyframe &&
                          header.incarnation == sender.incarnation &&
                          header.sequence == sender.sequence;
  return holds_rows ? FrameParts::head : FrameParts::without_ids;
}

template <class Row>
void StateReader<Row>::hear(const Address& from, std::span<const std::uint8_t> bytes,
                            bool is_answer) {
  auto frame = read(from, bytes);
  if (!frame) return refuse(from, frame.error().detail);
  if (!is_answer) refusals_of(from).good();
  if (options_.accepts && !options_.accepts(from, frame->head))
    return pass_over(from, *frame, is_answer);
  const auto& header = frame->header;
  auto& sender = senders_[{from, header.shard}];
  sender.address = from;
  sender.shard = header.shard;
  if (header.incarnation < sender.incarnation) return;  // Late words of a process that is gone.
  if (header.incarnation > sender.incarnation) {
    sender.incarnation = header.incarnation;
    sender.sequence = 0;
    sender.synchronised = false;
  }
  const bool newer = header.sequence > sender.sequence;
  if (newer || header.keyframe) {
    sender.heard = world_.clock.now();
    sender.content = sender.heard - Duration{std::max<std::int64_t>(header.age_ns, 0)};
  }
  if (header.keyframe) {
    if (header.sequence < sender.sequence)
      return sender.synchronised ? void() : ask_keyframe(sender);
    sender.synchronised = true;
  } else {
    if (!newer) return;  // A duplicate, or overtaken by a keyframe.
    const bool gap = header.sequence != sender.sequence + 1;
    if (gap && sender.synchronised) {
      ++gaps_;
      gap_counter_.add();
    }
    if (gap || header.dictionary != sender.dictionary) sender.synchronised = false;
    // A gap that stays open: the sequence is left where it is until a keyframe closes it.
    if (!sender.synchronised) return ask_keyframe(sender);
    if (sender.partial) ask_keyframe(sender);
  }
  sender.sequence = header.sequence;
  apply(sender, *frame);
}

template <class Row>
void StateReader<Row>::pass_over(const Address& from, const StateFrame<Row>& frame,
                                 bool is_answer) {
  if (const auto known = senders_.find({from, frame.header.shard}); known != senders_.end())
    known->second.synchronised = false;
  if (options_.passed_over && !is_answer) options_.passed_over(from, frame.head);
}

template <class Row>
void StateReader<Row>::ask(const Address& address, int shard) {
  auto& sender = senders_[{address, shard}];
  sender.address = address;
  sender.shard = shard;
  ask_keyframe(sender);
}

/// Which of our rows the sender's indices mean; rows that it had and has no longer are forgotten.
template <class Row>
void StateReader<Row>::learn_ids(Sender& sender, const StateFrame<Row>& frame) {
  std::vector<bool> has(rows_.size());
  sender.map.assign(frame.ids.size(), not_ours);
  for (std::size_t i = 0; i < frame.ids.size(); ++i)
    if (const auto ours = index_of_.find(frame.ids[i]); ours != index_of_.end()) {
      sender.map[i] = ours->second;
      has[ours->second] = true;
    }
  for (std::uint32_t i = 0; i < rows_.size(); ++i) {
    if (source_[i] != &sender || has[i]) continue;
    rows_[i] = {};
    heard_[i] = false;
    source_[i] = nullptr;
    changed_rows_.push_back(i);
  }
  sender.dictionary = frame.header.dictionary;
  sender.partial = false;
}

template <class Row>
void StateReader<Row>::apply(Sender& sender, StateFrame<Row>& frame) {
  changed_rows_.clear();
  if (frame.header.keyframe) sender.overtaken = false;
  if (frame.header.keyframe && (sender.partial || frame.header.dictionary != sender.dictionary))
    learn_ids(sender, frame);
  for (std::size_t i = 0; i < frame.rows.size(); ++i) {
    const auto theirs = frame.indices[i];
    const auto ours = theirs < sender.map.size() ? sender.map[theirs] : not_ours;
    if (ours == not_ours) continue;
    Sender* const before = std::exchange(source_[ours], &sender);
    if (before != nullptr && before != &sender) before->overtaken = true;
    if (heard_[ours] && rows_[ours] == frame.rows[i]) continue;
    rows_[ours] = std::move(frame.rows[i]);
    heard_[ours] = true;
    changed_rows_.push_back(ours);
  }
  sender.head = std::move(frame.head);
  sender.updated = world_.clock.now();
  if (changed_) changed_(sender.address, sender.head, changed_rows_);
}

template <class Row>
void StateReader<Row>::ask_keyframe(Sender& sender) {
  const Instant now = world_.clock.now();
  if (sender.asking && now - sender.asked < 2 * options_.ask_deadline) return;
  sender.asking = true;
  sender.asked = now;
  const Address address = sender.address;
  const Stream stream{address, sender.shard};
  const auto question = request_of(Question::keyframe, {channel_, std::to_string(sender.shard)});
  world_.bus.ask(
      address, encode(question), options_.ask_deadline,
      [this, address, stream](Result<std::vector<std::uint8_t>> answer) {
        senders_[stream].asking = false;
        if (!answer) return;  // The next delta asks again; a keyframe comes by itself too.
        const auto reply = decode<ControlReply>(*answer);
        if (!reply || !reply->ok)
          return refuse(address, reply ? reply->error : reply.error().detail);
        hear(address,
             {reinterpret_cast<const std::uint8_t*>(reply->body.data()), reply->body.size()}, true);
      });
}

template <class Row>
std::optional<Duration> StateReader<Row>::age(Instant now) const {
  std::optional<Duration> freshest;
  for (const auto& [stream, sender] : senders_)
    if (is_fresh(sender, now))
      if (const Duration age = now - sender.content; !freshest || age < *freshest) freshest = age;
  return freshest;
}

template class StateWriter<TargetStat>;
template class StateWriter<TargetPace>;
template class StateWriter<TargetFeedback>;
template class StateReader<TargetStat>;
template class StateReader<TargetPace>;
template class StateReader<TargetFeedback>;

}  // namespace paceline
