// Rows of state over a bus that may lose any message: keyframes, changed rows, and a question after
// a gap.
//
//   StateWriter<TargetPace> writer{world, "pace", {.ids = ids, .keyframe = 5s}};
//   writer.set(index, row);                     // remembers what changed
//   writer.publish(head, age);                  // a delta, or a keyframe when one is due
//
//   StateReader<TargetPace> reader{world, "pace", {.stale = 6s}, ids, on_change};
//   reader.row(index), reader.age(index)        // by our own dense index, aged by our own clock
//
// Writer: one per channel and shard; its process answers the control question "keyframe CHANNEL
// SHARD". Reader: one per channel; hears every sender of it. On a gap, a new incarnation or an
// unknown dictionary it asks the sender for a keyframe (REQ/REP, one question in flight for each
// sender, at most one per period) and ignores deltas until it has one. So there is no start order,
// and no message whose loss matters. Either side may take other ids while it runs (reset_ids), in
// any order: a row that its sender no longer has is unknown again.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/ports/world.h"
#include "common/wire/codec.h"
#include "common/wire/messages.h"

namespace paceline {

template <class Row>
class StateWriter {
 public:
  struct Options {
    std::vector<std::string> ids;  // Of the rows, by the writer's dense index.
    Duration keyframe = 5s;        // [> 0] between keyframes.
    int shard = -1;                // Publishes to this shard's subscribers only; -1 = all.
  };

  StateWriter(World& world, std::string channel, Options options);

  /// Replaces a row; it goes out with the next publish() if it differs from what was there.
  void set(std::uint32_t index, const Row& row);

  /// Sends head and changed rows; also without changes: a life sign. If a keyframe is due it comes
  /// behind, with the same sequence number, and says nothing new to whoever heard all before it; only the
  /// first one, and one that is forced, is the message itself.
  ///   age   [>= 0] of the content now
  void publish(const typename Row::Head& head, Duration age = Duration::zero());

  /// Other rows from now on, in this order; rows of ids that stay keep what they hold. The stream
  /// goes on: the next publish() is a keyframe, by which readers learn what the indices mean now.
  void reset_ids(std::vector<std::string> ids);

  /// The next publish() is a keyframe.
  void force_keyframe() { forced_ = true; }

  /// A keyframe as of the last publish(), for the control question "keyframe"; does not count as a
  /// message.
  std::vector<std::uint8_t> keyframe() const;

  const Row& row(std::uint32_t index) const { return rows_[index]; }
  std::size_t size() const { return rows_.size(); }

 private:
  void encode_into(Bytes& bytes, const FrameHeader& header) const;

  World& world_;
  std::string channel_;
  Options options_;
  Instant keyframe_due_{};
  bool forced_ = true;
  Instant content_at_{};  // When the content last sent was new.
  typename Row::Head head_{};
  std::vector<Row> rows_;
  std::vector<std::uint32_t> changed_;  // Indices whose row differs from what was last sent.
  std::vector<bool> is_changed_;
  FrameHeader header_;               // Of the last message.
  std::vector<std::uint8_t> bytes_;  // Of a delta; reused: none allocates in the steady state.
};

template <class Row>
class StateReader {
 public:
  struct Options {
    Duration stale = 5s;         // A sender silent for longer counts as gone.
    Duration ask_deadline = 1s;  // For a keyframe question.
    int shard = -1;              // Subscribes to this shard only; -1 = everything.
    // What a sender may have at most, as the topology says: a message beyond is refused.
    int shards = 64;              // [1..64] its streams are those of shards -1 to shards - 1.
    std::size_t rows = max_rows;  // [1..max_rows] and their ids.
    // Whose words are taken, and under which head; empty = everybody's. It is asked before anything
    // is kept of a message: one that is not accepted leaves no trace, and the next one that is waits
    // for a keyframe.
    std::function<bool(const Address& from, const typename Row::Head& head)> accepts = {};
    // Told of every message that was not accepted, unless it answered our own question.
    std::function<void(const Address& from, const typename Row::Head& head)> passed_over = {};
  };
  /// `changed`: our indices of the rows that are others now, or became known or unknown. A keyframe
  /// that repeats what is known changes none.
  using Changed = std::function<void(const Address& from, const typename Row::Head& head,
                                     const std::vector<std::uint32_t>& changed)>;

  /// `ids`: the rows we know, by our own dense index; rows of unknown ids are ignored and counted.
  StateReader(World& world, std::string channel, Options options,
              const std::vector<std::string>& ids, Changed changed);

  /// Whether the row was ever heard.
  bool known(std::uint32_t index) const { return heard_[index]; }
  const Row& row(std::uint32_t index) const { return rows_[index]; }

  /// What is known of one sender.
  struct Sender {
    Address address;
    int shard = -1;
    std::uint64_t incarnation = 0;
    std::uint64_t sequence = 0;
    bool synchronised = false;  // False: waits for a keyframe.
    Instant heard{};            // When its last message arrived.
    Instant updated{};          // When its rows were last brought up to date; 0 = never.
    Instant content{};          // Arrival minus the age it named: when its content was new.
    typename Row::Head head{};
    std::uint64_t dictionary = 0;
    std::vector<std::uint32_t> map;  // Sender's index -> ours; UINT32_MAX = not ours.
    bool partial = false;    // Of ids that became ours later: the next keyframe tells which it has.
    bool overtaken = false;  // Another one said a row of ours after it.
    bool asking = false;
    Instant asked{};
  };
  using Stream = std::pair<Address, int>;  // A sender and its shard.
  const std::map<Stream, Sender>& senders() const { return senders_; }

  /// Age of the freshest content of any sender; nothing if none was heard within `stale`.
  std::optional<Duration> age(Instant now) const;

  /// Every sender that was heard within `stale` and is synchronised.
  bool is_fresh(const Sender& sender, Instant now) const {
    return sender.synchronised && now - sender.heard <= options_.stale;
  }

  /// Whether the sender's rows were brought up to date within `stale`; a gap alone changes nothing.
  bool is_current(const Sender& sender, Instant now) const {
    return sender.updated != Instant{} && now - sender.updated <= options_.stale;
  }

  /// The rows we know from now on, in this order; rows of ids that stay keep their values, and no
  /// sender counts as gone meanwhile. Asks every sender for a keyframe, for the ids that are new.
  void reset_ids(const std::vector<std::string>& ids);

  /// Asks a sender for a keyframe, which is taken if it is accepted.
  void ask(const Address& sender, int shard = -1);

  std::uint64_t gaps() const { return gaps_; }
  std::uint64_t refused() const { return refused_; }

 private:
  void hear(const Address& from, std::span<const std::uint8_t> bytes, bool is_answer);
  void pass_over(const Address& from, const StateFrame<Row>& frame, bool is_answer);
  Result<StateFrame<Row>> read(const Address& from, std::span<const std::uint8_t> bytes) const;
  FrameParts unknown_of(const Address& from, const FrameHeader& header) const;
  FaultLog& refusals_of(const Address& from);
  void refuse(const Address& from, const std::string& why);
  void apply(Sender& sender, StateFrame<Row>& frame);
  void learn_ids(Sender& sender, const StateFrame<Row>& frame);
  void ask_keyframe(Sender& sender);

  World& world_;
  std::string channel_;
  Options options_;
  Changed changed_;
  std::unordered_map<std::string, std::uint32_t> index_of_;
  std::vector<Row> rows_;
  std::vector<bool> heard_;
  std::vector<Sender*> source_;  // Who said the row last; null = nobody.
  std::map<Stream, Sender> senders_;
  std::vector<std::uint32_t> changed_rows_;
  std::uint64_t gaps_ = 0;
  std::uint64_t refused_ = 0;
  Counter& gap_counter_;
  Counter& refused_counter_;
  std::map<Address, FaultLog> refusals_;  // By sender: one that lies must not end another's fault.
};

}  // namespace paceline
