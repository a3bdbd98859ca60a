#include "services/statfeed/adapter_replay.h"

#include <algorithm>
#include <stdexcept>

#include "common/runtime/files.h"

namespace paceline {
namespace {

constexpr std::size_t max_file = std::size_t{1} << 30;
constexpr std::size_t flush_at = 256u << 10;
constexpr Duration flush_period = 1s;
constexpr Duration longest_turn = 10ms;  // Of the loop, for records that are all due.

std::string bytes_of(const std::string& file) {
  auto bytes = read_file(file, max_file);
  if (!bytes) throw std::runtime_error{bytes.error().detail};
  return *std::move(bytes);
}

FeedReader reader_of(const std::string& file, std::string_view bytes) {
  auto reader = FeedReader::open(bytes);
  if (!reader) throw std::runtime_error{file + ": " + reader.error().detail};
  return *reader;
}

}  // namespace

// ---- Replay

ReplayAdapter::ReplayAdapter(Options options, SourceListener& listener, const Roster& roster,
                             World& world)
    : options_{std::move(options)},
      listener_{listener},
      roster_{roster},
      world_{world},
      bytes_{bytes_of(options_.file)},
      reader_{reader_of(options_.file, bytes_)} {
}

ReplayAdapter::~ReplayAdapter() {
  world_.timers.cancel(timer_);
}

void ReplayAdapter::start() {
  started_ = world_.clock.now();
  world_.log.info("replay_started", {{"file", options_.file}, {"bytes", bytes_.size()}});
  timer_ = world_.timers.after(Duration::zero(), [this] { play(); });
}

void ReplayAdapter::stop() {
  world_.timers.cancel(timer_);
}

void ReplayAdapter::targets_changed(const Roster::Change&) {
  FeedRecord record;
  record.targets = recorded_;
  meet(record);
}

void ReplayAdapter::play() {
  const Instant begun = world_.clock.now();
  for (;;) {
    if (!ahead_) {
      auto next = reader_.next();
      if (!next)
        return world_.log.error("replay_ended",
                                {{"file", options_.file}, {"why", next.error().detail}});
      if (!*next)
        return world_.log.info("replay_ended", {{"file", options_.file}, {"why", "end of file"}});
      ahead_ = *std::move(next);
    }
    const Instant now = world_.clock.now();
    const Instant due =
        started_ + from_seconds(static_cast<double>(ahead_->at_ms) / 1000 / options_.speed);
    if (due > now || now - begun > longest_turn) {
      timer_ = world_.timers.after(std::max(due - now, Duration::zero()), [this] { play(); });
      return;
    }
    say(*ahead_);
    ahead_.reset();
  }
}

void ReplayAdapter::meet(const FeedRecord& record) {
  recorded_ = record.targets;
  std::unordered_map<std::string_view, std::uint32_t> ours;
  for (const auto slot : roster_.order()) ours.emplace(roster_.subject(slot).id, slot);
  slots_.clear();
  for (const auto& target : recorded_)
    if (const auto found = ours.find(target.subject.id); found != ours.end())
      slots_[target.slot] = found->second;
}

void ReplayAdapter::say(const FeedRecord& record) {
  switch (record.kind) {
    case FeedRecord::Kind::targets:
      return meet(record);
    case FeedRecord::Kind::began:
      return listener_.began(record.server);
    case FeedRecord::Kind::heard:
      listener_.heard(record.server);
      return listener_.became(record.server,
                              {.complete = true, .available = true, .pushing = false, .unseen = 0});
    case FeedRecord::Kind::readings:
      break;
  }
  readings_.clear();
  for (auto reading : record.readings) {
    const auto slot = slots_.find(slot_of(reading.statistic));
    if (slot == slots_.end()) continue;
    reading.statistic = statistic_of(slot->second, figure_of(reading.statistic));
    readings_.push_back(reading);
  }
  listener_.read(record.server, readings_);
}

// ---- Recording

FeedRecorder::FeedRecorder(std::string file, SourceListener& listener, const Roster& roster,
                           World& world, std::size_t max_bytes)
    : listener_{listener},
      roster_{roster},
      world_{world},
      file_{file, std::ios::binary | std::ios::trunc},
      max_bytes_{max_bytes},
      buffer_{feed_header},
      started_{world.clock.now()} {
  if (!file_) throw std::runtime_error{file + ": cannot be written"};
  targets_changed();
  timer_ = world_.timers.every(flush_period, [this] { flush(); });
}

FeedRecorder::~FeedRecorder() {
  world_.timers.cancel(timer_);
  flush();
}

void FeedRecorder::write(FeedRecord record) {
  if (!file_.is_open()) return;
  record.at_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(world_.clock.now() - started_).count();
  encode_feed(record, buffer_);
  if (buffer_.size() >= flush_at) flush();
}

void FeedRecorder::flush() {
  if (!file_.is_open()) return;
  written_ += buffer_.size();
  file_.write(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  file_.flush();
  buffer_.clear();
  if (file_ && written_ < max_bytes_) return;
  world_.log.error(
      "recording_ended",
      {{"bytes", written_}, {"why", file_ ? "as long as it may be" : "cannot be written"}});
  file_.close();
}

void FeedRecorder::targets_changed() {
  FeedRecord record;
  record.kind = FeedRecord::Kind::targets;
  for (const auto slot : roster_.order()) record.targets.push_back({slot, roster_.subject(slot)});
  write(std::move(record));
}

void FeedRecorder::began(int server) {
  FeedRecord record;
  record.kind = FeedRecord::Kind::began;
  record.server = server;
  write(std::move(record));
  listener_.began(server);
}

void FeedRecorder::read(int server, std::span<const Reading> readings) {
  FeedRecord record;
  record.kind = FeedRecord::Kind::readings;
  record.server = server;
  record.readings.assign(readings.begin(), readings.end());
  write(std::move(record));
  listener_.read(server, readings);
}

void FeedRecorder::heard(int server) {
  FeedRecord record;
  record.server = server;
  write(std::move(record));
  listener_.heard(server);
}

}  // namespace paceline
