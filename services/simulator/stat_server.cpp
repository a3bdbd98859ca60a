#include "services/simulator/stat_server.h"

#include <algorithm>

namespace paceline::simulator {
namespace {

// Further codes of failed operations.
constexpr int code_bad_request = 1;
constexpr int code_too_many = 40;

// How often a changed value is told [s of virtual time]; 0 = at once. By name: averages every 5 s.
std::uint16_t seconds_between(const StatisticRequest& wanted, Metric metric) {
  if (wanted.definition && wanted.definition->notification_mode == "Periodical")
    return static_cast<std::uint16_t>(
        std::clamp(wanted.definition->notification_frequency, 0, 3600));
  const bool average = metric == Metric::handling_time || metric == Metric::waiting_time;
  return average && !wanted.definition ? 5 : 0;
}

}  // namespace

StatServer::StatServer(const Centre& centre, Options options, std::uint64_t seed)
    : centre_{centre},
      options_{options},
      random_{seed},
      hidden_(centre.size()),
      bases_(centre.size()) {
  for (std::uint32_t target = 0; target < centre.size(); ++target) {
    groups_.emplace(centre.model().targets[target].group, target);
    queues_.emplace(centre.model().targets[target].queue, target);
  }
}

// 128 bits of hexadecimal: the names of sessions and clients.
std::string StatServer::fresh_id() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string id;
  for (int half = 0; half < 2; ++half)
    for (std::uint64_t bits = random_.bits(), digit = 0; digit < 16; ++digit, bits >>= 4)
      id.push_back(digits[bits & 15]);
  return id;
}

// Few different names and object types exist; all strangers share one slot.
std::uint8_t StatServer::interned(std::string_view text) {
  const auto found = std::ranges::find(names_, text);
  if (found != names_.end()) return static_cast<std::uint8_t>(found - names_.begin());
  if (names_.size() == 255) return 254;
  names_.emplace_back(text);
  return static_cast<std::uint8_t>(names_.size() - 1);
}

StatisticValue StatServer::value(const Subscription&, const std::string& id, const Entry& entry,
                                 Timestamp timestamp) const {
  const auto& model = centre_.model().targets[entry.target];
  const std::string& type = names_[entry.object_type];
  return {.statistic_id = entry.statistic_id,
          .subscription_id = id,
          .name = names_[entry.name],
          .object_id = type == "GroupAgents" || type == "GroupPlaces" ? model.group : model.queue,
          .object_type = type,
          .timestamp_ms = timestamp.wall_ms -
                          std::chrono::duration_cast<std::chrono::milliseconds>(lag_).count(),
          .value = valid(entry.target)
                       ? value_of(entry.metric, counts(entry.target), bases_[entry.target])
                       : 0,
          .valid = valid(entry.target)};
}

std::optional<std::uint32_t> StatServer::target_of(const StatisticRequest& wanted) const {
  const bool group = wanted.object_type == "GroupAgents" || wanted.object_type == "GroupPlaces";
  const auto& objects = group ? groups_ : queues_;
  const auto object = objects.find(wanted.object_id);
  if (object == objects.end() || hidden_[object->second]) return std::nullopt;
  return object->second;
}

Result<StatisticValue> StatServer::peek(const StatisticRequest& wanted, Timestamp timestamp) {
  Entry entry;
  entry.metric = TRY(metric_of(wanted));
  const auto target = target_of(wanted);
  if (!target)
    return fail(Errc::not_found, wanted.object_type + " '" + wanted.object_id + "' not found");
  entry.target = *target;
  entry.name = interned(wanted.name);
  entry.object_type = interned(wanted.object_type);
  return value({}, {}, entry, timestamp);
}

SubscriptionAnswer StatServer::subscribe(const SubscriptionRequest& request,
                                         std::string_view cookie, Timestamp timestamp) {
  SubscriptionAnswer answer;
  const auto refuse = [&](int code, std::string message) {
    answer.code = code;
    answer.message = std::move(message);
    return answer;
  };
  if (request.operation_id.empty() || request.operation_id.size() > 256)
    return refuse(code_bad_request, "operationId is missing or too long");
  if (subscriptions_.contains(request.operation_id))
    return refuse(code_bad_request, "the subscription " + request.operation_id + " exists");
  if (subscriptions_.size() >= options_.max_subscriptions ||
      statistics_ + request.statistics.size() > options_.max_statistics)
    return refuse(code_too_many, "too many subscriptions or statistics");

  auto& subscription = subscriptions_[request.operation_id];
  if (sessions_.contains(cookie)) subscription.cookie = cookie;
  subscription.used = timestamp.now;
  subscription.seen = revision();
  answer.subscription_id = request.operation_id;
  subscription.entries.reserve(request.statistics.size());
  for (const StatisticRequest& wanted : request.statistics) {
    const auto metric = metric_of(wanted);
    if (!metric) {
      answer.errors.push_back({wanted.statistic_id, code_unknown_statistic, metric.error().detail});
      continue;
    }
    const auto target = target_of(wanted);
    if (!target) {
      answer.errors.push_back(
          {wanted.statistic_id, code_unknown_object, "unknown object " + wanted.object_id});
      continue;
    }
    Entry entry;
    entry.statistic_id = wanted.statistic_id;
    entry.target = *target;
    entry.metric = *metric;
    entry.name = interned(wanted.name);
    entry.object_type = interned(wanted.object_type);
    entry.every_s = seconds_between(wanted, *metric);
    auto told = value(subscription, request.operation_id, entry, timestamp);
    entry.told = told.value;
    entry.told_ms = told.timestamp_ms;
    entry.told_valid = told.valid;
    answer.statistics.push_back(std::move(told));
    const auto index = static_cast<std::uint32_t>(subscription.entries.size());
    subscription.entries.push_back(std::move(entry));
    auto& runs = subscription.runs;
    if (runs.empty() || runs.back().target != *target)
      runs.push_back({.first = index, .end = index, .target = *target});
    ++runs.back().end;
  }
  for (std::uint32_t index = 0; index < subscription.entries.size(); ++index)
    subscription.by_id.emplace(subscription.entries[index].statistic_id, index);
  statistics_ += subscription.entries.size();
  return answer;
}

Result<SubscriptionAnswer> StatServer::values(std::string_view id,
                                              const std::vector<std::string>& ids,
                                              Timestamp timestamp) {
  const auto found = subscriptions_.find(id);
  if (found == subscriptions_.end())
    return fail(Errc::not_found, "no subscription " + std::string{id.substr(0, 256)});
  auto& subscription = found->second;
  subscription.used = timestamp.now;
  SubscriptionAnswer answer;
  answer.subscription_id = found->first;
  const auto add = [&](const Entry& entry) {
    if (hidden_[entry.target]) {
      answer.errors.push_back({entry.statistic_id, code_unknown_object, "unknown object"});
      return;
    }
    answer.statistics.push_back(value(subscription, found->first, entry, timestamp));
  };
  if (ids.empty()) {
    for (const Entry& entry : subscription.entries) add(entry);
    return answer;
  }
  for (const std::string& wanted : ids) {
    const auto index = subscription.by_id.find(wanted);
    if (index == subscription.by_id.end())
      answer.errors.push_back({wanted, code_unknown_statistic, "not in this subscription"});
    else
      add(subscription.entries[index->second]);
  }
  return answer;
}

bool StatServer::has(std::string_view id, std::string_view cookie) const {
  const auto found = subscriptions_.find(id);
  if (found == subscriptions_.end()) return false;
  return !sticky_ || found->second.cookie == (sessions_.contains(cookie) ? cookie : "");
}

bool StatServer::unsubscribe(std::string_view id) {
  const auto found = subscriptions_.find(id);
  if (found == subscriptions_.end()) return false;
  statistics_ -= found->second.entries.size();
  subscriptions_.erase(found);
  return true;
}

StatServer::Session* StatServer::session_of_client(std::string_view client, std::string* cookie) {
  for (auto& [key, session] : sessions_) {
    if (session.client != client) continue;
    if (cookie) *cookie = key;
    return &session;
  }
  return nullptr;
}

void StatServer::drop_session(const std::string& cookie) {
  for (auto next = subscriptions_.begin(); next != subscriptions_.end();) {
    const auto current = next++;
    if (current->second.cookie != cookie) continue;
    statistics_ -= current->second.entries.size();
    subscriptions_.erase(current);
  }
  sessions_.erase(cookie);
}

void StatServer::drop_expired(Timestamp timestamp) {
  std::vector<std::string> gone;
  for (const auto& [cookie, session] : sessions_)
    if (timestamp.now - session.seen > options_.session_life + options_.connect_timeout)
      gone.push_back(cookie);
  for (const auto& cookie : gone) drop_session(cookie);
  gone.clear();
  for (const auto& [id, subscription] : subscriptions_)
    if (subscription.cookie.empty() &&
        timestamp.now - subscription.used > options_.subscription_life)
      gone.push_back(id);
  for (const auto& id : gone) unsubscribe(id);
}

void StatServer::compare(const std::string& id, Subscription& subscription, Session& session) {
  for (Run& run : subscription.runs) {
    const bool news = compare_all_ || changed(run.target) > subscription.seen;
    if (!news && !run.late) continue;
    run.late = false;
    const auto& now_are = counts(run.target);
    const bool valid_now = valid(run.target);
    const auto& base = bases_[run.target];
    for (std::uint32_t index = run.first; index < run.end; ++index) {
      Entry& entry = subscription.entries[index];
      if (entry.dirty) continue;
      const double now = valid_now ? value_of(entry.metric, now_are, base) : 0;
      if (now == entry.told && entry.told_valid == valid_now) continue;
      if (entry.every_s > 0 && centre_.now() < entry.due) {
        run.late = true;
        continue;
      }
      entry.dirty = true;
      session.outbox.emplace_back(id, index);
    }
  }
  subscription.seen = revision();
}

// Notes what changed, and lets what was noted long enough ago be told.
void StatServer::follow(Timestamp timestamp) {
  if (lag_ == Duration::zero()) return;
  for (std::uint32_t target = 0; target < past_.size(); ++target)
    if (centre_.changed(target) > noted_)
      later_.push_back({timestamp.now + lag_, target, centre_.latest_counts(target)});
  noted_ = centre_.revision();
  for (; !later_.empty() && later_.front().at <= timestamp.now; later_.pop_front()) {
    past_[later_.front().target] = later_.front().counts;
    past_changed_[later_.front().target] = ++past_revision_;
  }
}

void StatServer::set_lag(Duration lag) {
  if (lag == lag_) return;
  lag_ = lag;
  later_.clear();
  past_.clear();
  past_changed_.assign(lag > Duration::zero() ? centre_.size() : 0, 0);
  for (std::uint32_t target = 0; target < past_changed_.size(); ++target)
    past_.push_back(centre_.latest_counts(target));
  noted_ = past_revision_ = centre_.revision();
  compare_all_ = true;
}

void StatServer::set_hidden(std::string_view ids) {
  std::vector<bool> hidden(centre_.size());
  while (!ids.empty()) {
    const auto id = ids.substr(0, ids.find(','));
    ids.remove_prefix(std::min(id.size() + 1, ids.size()));
    const auto& targets = centre_.model().targets;
    const auto found = std::ranges::find(targets, id, &TargetModel::id);
    if (found != targets.end()) hidden[static_cast<std::size_t>(found - targets.begin())] = true;
  }
  if (hidden == hidden_) return;
  hidden_ = std::move(hidden);
  compare_all_ = true;
}

void StatServer::forget() {
  sessions_.clear();
  subscriptions_.clear();
  statistics_ = 0;
}

std::vector<std::string> StatServer::refresh(Timestamp timestamp) {
  drop_expired(timestamp);
  follow(timestamp);
  for (auto& [id, subscription] : subscriptions_) {
    if (subscription.cookie.empty()) continue;
    const auto session = sessions_.find(subscription.cookie);
    if (session != sessions_.end() && session->second.updates)
      compare(id, subscription, session->second);
  }
  compare_all_ = false;
  std::vector<std::string> clients;
  for (const auto& [cookie, session] : sessions_)
    if (!session.outbox.empty() || session.tell_service) clients.push_back(session.client);
  return clients;
}

std::vector<BayeuxMessage> StatServer::take(std::string_view client, Timestamp timestamp) {
  std::vector<BayeuxMessage> messages;
  Session* session = session_of_client(client);
  if (!session) return messages;
  if (std::exchange(session->tell_service, false)) {
    BayeuxMessage service;
    service.channel = service_channel;
    service.service_state = service_state_;
    messages.push_back(std::move(service));
  }
  if (session->outbox.empty()) return messages;
  BayeuxMessage updates;
  updates.channel = updates_channel;
  const auto many = std::min(session->outbox.size(), options_.max_push);
  updates.statistics.reserve(many);
  for (std::size_t item = 0; item < many; ++item) {
    const auto& [id, index] = session->outbox[item];
    const auto found = subscriptions_.find(id);
    if (found == subscriptions_.end() || index >= found->second.entries.size()) continue;
    Entry& entry = found->second.entries[index];
    entry.dirty = false;
    entry.due = centre_.now() + std::chrono::seconds{entry.every_s};
    auto told = value(found->second, id, entry, timestamp);
    auto before = told;
    before.value = entry.told;
    before.timestamp_ms = entry.told_ms;
    const bool overtaken = entry.told_valid && told.valid;
    entry.told = told.value;
    entry.told_ms = told.timestamp_ms;
    entry.told_valid = told.valid;
    updates.statistics.push_back(std::move(told));
    if (disorder_ == 0 || random_.uniform() >= disorder_) continue;
    if (overtaken && random_.uniform() < 0.5)
      updates.statistics.push_back(std::move(before));
    else
      updates.statistics.push_back(updates.statistics.back());
  }
  session->outbox.erase(session->outbox.begin(),
                        session->outbox.begin() + static_cast<std::ptrdiff_t>(many));
  if (!updates.statistics.empty()) messages.push_back(std::move(updates));
  return messages;
}

void StatServer::reset_counters() {
  for (std::uint32_t target = 0; target < bases_.size(); ++target)
    bases_[target] = base_of(counts(target));
  compare_all_ = true;
}

void StatServer::set_valid(bool valid) {
  if (valid_ == valid) return;
  valid_ = valid;
  compare_all_ = true;
}

void StatServer::set_service_state(std::string state) {
  if (state == service_state_) return;
  service_state_ = std::move(state);
  for (auto& [cookie, session] : sessions_) session.tell_service = session.service;
}

}  // namespace paceline::simulator
