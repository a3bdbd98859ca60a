#include "services/statfeed/adapter_replay.h"

#include <algorithm>
#include <stdexcept>

namespace paceline::statfeed {
namespace {

constexpr Duration longest_turn = 10ms;  // Of the loop, for records that are all due.

FileView view_of(const std::string& file) {
  auto view = map_file(file);
  if (!view) throw std::runtime_error{view.error().detail};
  return *std::move(view);
}

FeedReader reader_of(const std::string& file, std::string_view bytes) {
  auto reader = FeedReader::open(bytes);
  if (!reader) throw std::runtime_error{file + ": " + reader.error().detail};
  return *reader;
}

}  // namespace

ReplayAdapter::ReplayAdapter(Options options, SourceListener& listener,
                             const TargetsIndex& targets_index, World& world)
    : options_{std::move(options)},
      listener_{listener},
      targets_index_{targets_index},
      world_{world},
      file_{view_of(options_.file)},
      reader_{reader_of(options_.file, file_.bytes)} {
}

ReplayAdapter::~ReplayAdapter() {
  world_.timers.cancel(timer_);
}

void ReplayAdapter::start() {
  started_ = world_.clock.now();
  world_.log.info("replay_started", {{"file", options_.file}, {"bytes", file_.bytes.size()}});
  timer_ = world_.timers.after(Duration::zero(), [this] { play(); });
}

void ReplayAdapter::stop() {
  world_.timers.cancel(timer_);
}

void ReplayAdapter::targets_changed(const TargetsIndex::Change&) {
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
        started_ +
        (options_.speed == 1 ? ahead_->at : from_seconds(to_seconds(ahead_->at) / options_.speed));
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
  for (const auto slot : targets_index_.order()) ours.emplace(targets_index_.target(slot).id, slot);
  slots_.clear();
  for (const auto& target : recorded_)
    if (const auto found = ours.find(target.objects.id); found != ours.end())
      slots_[target.slot] = found->second;
}

void ReplayAdapter::say(const FeedRecord& record) {
  switch (record.kind) {
    case FeedRecord::Kind::targets:
      return meet(record);
    case FeedRecord::Kind::began:
      return listener_.began(record.server);
    case FeedRecord::Kind::heard:
      return listener_.heard(record.server);
    case FeedRecord::Kind::state:
      return listener_.became(record.server, record.state);
    case FeedRecord::Kind::updates:
      break;
  }
  updates_.clear();
  for (auto update : record.updates) {
    const auto slot = slots_.find(slot_of(update.statistic));
    if (slot == slots_.end()) continue;
    update.statistic = statistic_of(slot->second, kind_of(update.statistic));
    updates_.push_back(update);
  }
  listener_.updated(record.server, updates_);
}

}  // namespace paceline::statfeed
