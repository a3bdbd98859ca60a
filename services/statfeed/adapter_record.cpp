#include "services/statfeed/adapter_record.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>

namespace paceline::statfeed {
namespace {

constexpr std::size_t flush_at = 256u << 10;
constexpr Duration flush_period = 1s;
constexpr double longest_s = 365.0 * 86400;

Result<Duration> length_of(const std::string& text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size() || !(seconds > 0) ||
      seconds > longest_s)
    return fail(text + ": not a length in seconds");
  return from_seconds(seconds);
}

}  // namespace

FeedRecorder::FeedRecorder(Statfeed& statfeed, World& world, std::size_t max_bytes)
    : statfeed_{statfeed},
      world_{world},
      max_bytes_{max_bytes},
      timer_{world.timers.every(flush_period, [this] { flush(); })} {
  statfeed_.control().question(Question::record,
                               [this](const auto& arguments) { return answer(arguments); });
}

FeedRecorder::~FeedRecorder() {
  world_.timers.cancel(timer_);
  end("statfeed stops");
}

Result<void> FeedRecorder::begin(const std::string& file, std::optional<Duration> length,
                                 bool replace) {
  if (recording()) return fail(Errc::refused, "records to " + name_ + " already");
  std::error_code ignored;
  if (!replace && std::filesystem::exists(file, ignored))
    return fail(Errc::refused, file + ": exists already");
  file_.clear();
  file_.open(file, std::ios::binary | std::ios::trunc);
  if (!file_) return fail(Errc::unavailable, file + ": cannot be written");
  name_ = file;
  written_ = 0;
  buffer_ = feed_header;
  started_ = world_.clock.now();
  ends_ = length ? std::optional{started_ + *length} : std::nullopt;
  statfeed_.observe(this);
  world_.log.info("recording", {{"file", file}});
  write_all_known();
  flush();
  return {};
}

void FeedRecorder::end(std::string_view why) {
  if (!recording()) return;
  ends_.reset();
  flush();
  if (!recording()) return;  // The last bytes did not fit.
  close();
  world_.log.info("recording_ended", {{"file", name_}, {"bytes", written_}, {"why", why}});
}

void FeedRecorder::close() {
  statfeed_.observe(nullptr);
  file_.close();
}

// As if it had all been heard at this moment.
void FeedRecorder::write_all_known() {
  targets_changed();
  for (int server = 0; server < server_count; ++server) {
    const auto state = statfeed_.state(server);
    if (!state) continue;
    FeedRecord known;
    known.kind = FeedRecord::Kind::updates;
    known.server = server;
    for (const auto slot : statfeed_.targets_index().order())
      for (std::uint32_t i = 0; i < statistic_kind_count; ++i)
        if (const auto update =
                statfeed_.ledger(server).last(statistic_of(slot, static_cast<StatisticKind>(i))))
          known.updates.push_back(*update);
    if (known.updates.empty()) continue;
    FeedRecord record;
    record.server = server;
    record.kind = FeedRecord::Kind::began;
    write(record);
    write(std::move(known));
    record.kind = FeedRecord::Kind::state;
    record.state = *state;
    write(record);
    record.kind = FeedRecord::Kind::heard;
    write(record);
  }
}

void FeedRecorder::write(FeedRecord record) {
  if (!recording()) return;
  record.at = world_.clock.now() - started_;
  encode_feed(record, buffer_);
  if (buffer_.size() >= flush_at) flush();
}

void FeedRecorder::flush() {
  if (!recording()) return;
  written_ += buffer_.size();
  file_.write(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  file_.flush();
  buffer_.clear();
  if (file_ && written_ < max_bytes_) {
    if (ends_ && world_.clock.now() >= *ends_) end("as long as it was asked for");
    return;
  }
  world_.log.error("recording_ended",
                   {{"file", name_},
                    {"bytes", written_},
                    {"why", file_ ? "as large as it may be" : "cannot be written"}});
  close();
}

void FeedRecorder::fill_status(StatusReply& reply) const {
  reply.fields = {{"recording", recording() ? "true" : "false"}, {"file", name_}};
  if (name_.empty()) return;
  reply.fields.emplace_back("bytes", std::to_string(written_ + buffer_.size()));
  if (recording() && ends_) {
    const auto left = std::max<Duration>(*ends_ - world_.clock.now(), Duration::zero());
    reply.fields.emplace_back("left",
                              format_duration(std::chrono::ceil<std::chrono::seconds>(left)));
  }
}

// Without arguments: how it stands. "stop" ends it, FILE SECONDS begins one.
Result<Bytes> FeedRecorder::answer(const ControlServer::Arguments& arguments) {
  if (arguments.size() == 1 && arguments[0] == "stop") {
    if (!recording()) return fail(Errc::refused, "nothing is being recorded");
    end("asked to stop");
  } else if (arguments.size() == 2) {
    if (!arguments[0].starts_with('/'))
      return fail(arguments[0] + ": not a path that begins at the root");
    static_cast<void>(
        TRY(begin(arguments[0], TRY(length_of(arguments[1])), false).map([] { return 0; })));
  } else if (!arguments.empty()) {
    return fail("record takes nothing, `stop`, or a file and how many seconds");
  }
  StatusReply reply;
  fill_status(reply);
  return encode(reply);
}

void FeedRecorder::targets_changed() {
  if (!recording()) return;
  FeedRecord record;
  record.kind = FeedRecord::Kind::targets;
  for (const auto slot : statfeed_.targets_index().order())
    record.targets.push_back({slot, statfeed_.targets_index().target(slot)});
  write(std::move(record));
}

void FeedRecorder::began(int server) {
  FeedRecord record;
  record.kind = FeedRecord::Kind::began;
  record.server = server;
  write(std::move(record));
}

void FeedRecorder::updated(int server, std::span<const StatisticUpdate> updates) {
  FeedRecord record;
  record.kind = FeedRecord::Kind::updates;
  record.server = server;
  record.updates.assign(updates.begin(), updates.end());
  write(std::move(record));
}

void FeedRecorder::heard(int server) {
  FeedRecord record;
  record.server = server;
  write(std::move(record));
}

void FeedRecorder::became(int server, const SourceState& state) {
  FeedRecord record;
  record.kind = FeedRecord::Kind::state;
  record.server = server;
  record.state = state;
  write(std::move(record));
}

}  // namespace paceline::statfeed
