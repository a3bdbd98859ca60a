#include "services/watch/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "common/base/time_zone.h"
#include "common/wire/json_fields.h"
#include "services/watch/compliance_answer.h"
#include "services/watch/csv.h"
#include "services/watch/json.h"
#include "services/watch/openapi.h"
#include "services/watch/page_files.h"
#include "services/watch/past_time.h"
#include "services/watch/pull_calls.h"

namespace paceline::watch {
namespace {

constexpr std::size_t most_events = 1000;
constexpr std::string_view handover_path = "/api/v1/handover";

WebAnswer live(std::string body) {
  return {.body = std::move(body), .headers = {{"Cache-Control", "no-store"}}};
}

/// For what may be kept if it is asked for again each time.
WebAnswer conditional(const WebRequest& request, std::string body) {
  return compressed(request, tagged(request, {.body = std::move(body),
                                              .headers = {{"Cache-Control", "no-cache"}}}));
}

Result<std::uint64_t> parse_count(std::string_view name, std::string_view text,
                                  std::uint64_t most) {
  std::uint64_t count = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (code != std::errc{} || end != text.data() + text.size() || count > most)
    return fail(fmt::format("{} = {}: not a whole number in [0, {}]", name, text, most));
  return count;
}

Result<std::uint64_t> count_parameter(const WebRequest& request, std::string_view name,
                                      std::uint64_t fallback, std::uint64_t most) {
  const auto text = request.parameter(name);
  return text ? parse_count(name, *text, most) : fallback;
}

template <class Enum>
Result<std::optional<Enum>> word_parameter(const WebRequest& request, std::string_view name,
                                           std::optional<Enum> (*parse)(std::string_view)) {
  const auto text = request.parameter(name);
  if (!text || text->empty()) return std::optional<Enum>{};
  const auto found = parse(*text);
  if (!found) return fail(fmt::format("{} = {}: no such word", name, *text));
  return found;
}

/// The parameter format, or without one the header Accept: of two that are as welcome the one that it
/// names more exactly, else JSON.
Result<bool> wants_csv(const WebRequest& request) {
  const auto format = request.parameter("format");
  if (!format || format->empty()) {
    const auto csv = acceptance_of(request.header("accept"), "text/csv");
    const auto json = acceptance_of(request.header("accept"), "application/json");
    if (csv.weight != json.weight) return csv.weight > json.weight;
    return csv.weight > 0 && csv.named_as > json.named_as;
  }
  if (*format != "csv" && *format != "json")
    return fail(fmt::format("format = {}: not json or csv", *format));
  return *format == "csv";
}

WebAnswer csv_answer(const WebRequest& request, std::string text, std::string_view name) {
  std::string file{name};
  for (char& c : file)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_' && c != '.') c = '_';
  return compressed(
      request,
      tagged(request, {.content_type = "text/csv; charset=utf-8; header=present",
                       .body = std::move(text),
                       .headers = {{"Cache-Control", "no-cache"},
                                   {"Content-Disposition",
                                    fmt::format("attachment; filename=\"{}.csv\"", file)}}}));
}

const PageFile* find_page_file(std::string_view path) {
  for (const auto& file : page_files())
    if (file.path == path) return &file;
  return nullptr;
}

std::string_view text_of(const PageFile& file) {
  if (file.path != "/api/v1/openapi.yaml") return file.text;
  static const std::string document = openapi_document(file.text);
  return document;
}

WebAnswer page_answer(const WebRequest& request, const PageFile& file) {
  return compressed(
      request,
      tagged(
          request,
          {.content_type = std::string{file.content_type},
           .body = std::string{text_of(file)},
           .headers = {{"Cache-Control", "no-cache"},
                       {"Content-Security-Policy",
                        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' "
                        "data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
                        "form-action 'none'"},
                       {"Referrer-Policy", "no-referrer"}}}));
}

}  // namespace

Result<TargetQuery> parse_target_query(const WebRequest& request) {
  TargetQuery query;
  query.text = request.parameter("q").value_or("");
  query.media_channel = request.parameter("channel").value_or("");
  query.state = TRY(word_parameter<PaceState>(request, "state", parse_pace_state));
  query.reason = TRY(word_parameter<PaceReason>(request, "reason", parse_pace_reason));
  query.quality = TRY(word_parameter<StatQuality>(request, "quality", parse_stat_quality));
  query.offset = TRY(count_parameter(request, "offset", 0, max_rows));
  query.limit = TRY(count_parameter(request, "limit", 100, max_rows));
  std::string_view sort = request.parameter("sort").value_or("");
  query.descending = sort.starts_with('-');
  if (query.descending) sort.remove_prefix(1);
  if (!sort.empty() && std::ranges::count(TargetTable::sort_words(), sort) == 0)
    return fail(fmt::format("sort = {}: no such word", sort));
  query.sort = sort;
  return query;
}

Api::Api(Sources sources, AccessRules rules, std::string watch_url)
    : sources_{sources}, access_{std::move(rules)}, watch_url_{std::move(watch_url)} {
}

Reply Api::reply(const WebRequest& request, Instant now, WallTime wall) {
  if (request.path == "/healthz" && (request.method == "GET" || request.method == "HEAD"))
    return live("{\"alive\":true}");
  if (auto refusal = access_.over_rate(request, now)) return *std::move(refusal);
  if (auto refusal = access_.for_another_host(request)) return *std::move(refusal);
  if (request.method == "POST") return operate(request);
  if (request.method != "GET" && request.method != "HEAD") {
    auto refusal = problem(405, "GET and HEAD to look, POST to operate");
    refusal.headers.emplace_back("Allow", "GET, HEAD");
    return refusal;
  }
  auto reply = route(request, now, wall);
  if (auto* answer = std::get_if<WebAnswer>(&reply))
    answer->headers.emplace_back("X-Content-Type-Options", "nosniff");
  return reply;
}

std::string Api::status(Instant now, WallTime wall) const {
  return status_json(sources_.cluster.status(now, wall), sources_.targets.totals(), watch_url_,
                     surroundings_);
}

Reply Api::route(const WebRequest& request, Instant now, WallTime wall) const {
  const std::string_view path = request.path;
  if (path == "/readyz") {
    const auto result =
        readiness(sources_.cluster.status(now, wall), sources_.targets.totals(), surroundings_);
    auto answer = live(readiness_json(result));
    answer.status = result.ready ? 200 : 503;
    return answer;
  }
  if (const auto* file = find_page_file(path)) return page_answer(request, *file);
  if (auto refusal = access_.may_not_read(request)) return *std::move(refusal);
  if (path == "/metrics") return AskMetrics{};
  if (path == "/api/v1/status") return compressed(request, live(status(now, wall)));
  if (path == "/api/v1/nodes") return live(nodes_json(sources_.cluster.status(now, wall)));
  if (path == "/api/v1/cells")
    return live(json_text(sources_.cells ? sources_.cells->answer(now) : CellsAnswer{}));
  if (path == "/api/v1/channels") return live(channels_json(sources_.cluster.status(now, wall)));
  if (path == "/api/v1/schema") {
    static const std::string schema = served_schema();
    return conditional(request, schema);
  }
  if (path == "/api/v1/events") return events(request, wall);
  if (path == "/api/v1/history") return history(request, sources_.history.all_together(), "", wall);
  if (path == "/api/v1/stream") return OpenStream{};
  if (path == "/api/v1/targets") return targets(request);
  constexpr std::string_view one_target = "/api/v1/targets/";
  if (path.starts_with(one_target)) return target(request, path.substr(one_target.size()), wall);
  for (const std::string_view prefix : {"/server/data/pacing/", "/backend/data/pacing/"})
    if (path.starts_with(prefix)) return capacity(request, path.substr(prefix.size()));
  if (path == handover_path) {
    auto refusal = problem(405, "a hand-over is asked for by POST");
    refusal.headers.emplace_back("Allow", "POST");
    return refusal;
  }
  return problem(404, "no such path; /api/v1/openapi.yaml has them all");
}

Reply Api::operate(const WebRequest& request) const {
  if (request.path != handover_path) {
    auto refusal = problem(405, fmt::format("nothing but {} is operated by POST", handover_path));
    refusal.headers.emplace_back("Allow", "GET, HEAD");
    return refusal;
  }
  if (auto refusal = access_.may_not_operate(request)) return *std::move(refusal);
  const std::string to{request.parameter("to").value_or("")};
  const bool known = to.empty() || sources_.cluster.has_candidate(to);
  if (!known) return problem(400, fmt::format("to = {}: no node that could be master", to));
  return AskHandover{to};
}

WebAnswer Api::targets(const WebRequest& request) const {
  const auto query = parse_target_query(request);
  if (!query) return problem(400, query.error().detail);
  const auto form = request.parameter("form").value_or("objects");
  if (form != "objects" && form != "table")
    return problem(400, fmt::format("form = {}: not objects or table", form));
  const auto selection = sources_.targets.select(*query);
  return conditional(request, form == "table" ? targets_table_json(sources_.targets, selection)
                                              : targets_json(sources_.targets, selection, *query));
}

Reply Api::target(const WebRequest& request, std::string_view rest, WallTime wall) const {
  const auto slash = rest.find('/');
  const auto id = rest.substr(0, slash);
  const auto what = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  const auto index = sources_.targets.find(id);
  if (!index) return problem(404, fmt::format("no target '{}'", id));
  if (what.empty() && slash == std::string_view::npos)
    return conditional(request, target_json(sources_.targets.row(*index)));
  if (what == "explain") return AskExplanation{*index};
  if (what == "history") return history(request, *index, id, wall);
  if (what == "compliance") return compliance(request, *index);
  return problem(404, fmt::format("a target has explain, history and compliance, not '{}'", what));
}

Result<std::vector<Event>> Api::events(const EventQuery& query) const {
  if (sources_.store) return sources_.store->events(query);
  std::vector<Event> found;
  for (auto& event : sources_.events.since(query.after, SIZE_MAX))
    if (event.wall_ms >= query.from_ms && event.wall_ms <= query.to_ms &&
        (query.kind.empty() || event.kind == query.kind) &&
        (query.severity.empty() || event.severity == query.severity) &&
        (query.subject.empty() || event.subject == query.subject))
      found.push_back(std::move(event));
  if (found.size() > query.limit)
    found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(query.limit));
  return found;
}

WebAnswer Api::events(const WebRequest& request, WallTime wall) const {
  EventQuery query;
  const auto after = count_parameter(request, "after", 0, INT64_MAX);
  if (!after) return problem(400, after.error().detail);
  query.after = *after;
  const auto limit = count_parameter(request, "limit", most_events, most_events);
  if (!limit) return problem(400, limit.error().detail);
  query.limit = *limit;
  query.kind = request.parameter("kind").value_or("");
  query.severity = request.parameter("severity").value_or("");
  query.subject = request.parameter("subject").value_or("");
  const std::int64_t now_ms = ms_since_1970(wall);
  for (const auto& [name, bound_ms] : {std::pair{"from", &query.from_ms}, {"to", &query.to_ms}}) {
    const auto text = request.parameter(name);
    if (!text || text->empty()) continue;
    const auto parsed = parse_past_time(*text, now_ms);
    if (!parsed) return problem(400, fmt::format("{} = {}", name, parsed.error().detail));
    *bound_ms = *parsed;
  }
  const auto csv = wants_csv(request);
  if (!csv) return problem(400, csv.error().detail);
  const auto found = events(query);
  if (!found) return problem(503, found.error().detail);
  if (*csv) return csv_answer(request, events_csv(*found), "events");
  return conditional(request, events_json(*found, sources_.events.last()));
}

Result<std::string> Api::history(std::string_view target, std::string_view from,
                                 std::string_view to, std::string_view step, WallTime wall) const {
  const auto index = target == "*" ? std::optional{sources_.history.all_together()}
                                   : sources_.targets.find(target);
  if (!index) return fail(Errc::not_found, fmt::format("no target '{}'", target));
  const std::int64_t now_ms = ms_since_1970(wall);
  const auto query = TRY(parse_history_query(from, to, step, now_ms));
  const auto series = TRY(sources_.history.read(*index, query, now_ms));
  return history_json(target == "*" ? "" : target, series, sources_.history.step_ms());
}

WebAnswer Api::history(const WebRequest& request, std::uint32_t series, std::string_view name,
                       WallTime wall) const {
  const auto word = [&](const char* parameter) {
    return request.parameter(parameter).value_or("");
  };
  const std::int64_t now_ms = ms_since_1970(wall);
  const auto csv = wants_csv(request);
  if (!csv) return problem(400, csv.error().detail);
  const auto query = parse_history_query(word("from"), word("to"), word("step"), now_ms);
  if (!query) return problem(400, query.error().detail);
  const auto found = sources_.history.read(series, *query, now_ms);
  if (!found) return problem(503, found.error().detail);
  if (*csv) return csv_answer(request, history_csv(*found), name.empty() ? "history" : name);
  return conditional(request, history_json(name, *found, sources_.history.step_ms()));
}

WebAnswer Api::compliance(const WebRequest& request, std::uint32_t target) const {
  ComplianceQuery query;
  for (const auto& [name, date] : {std::pair{"from", &query.from}, {"to", &query.to}}) {
    const auto text = request.parameter(name);
    if (!text || text->empty()) continue;
    const auto parsed = parse_date(*text);
    if (!parsed)
      return problem(400, fmt::format("{} = {}: {}", name, *text, parsed.error().detail));
    *date = *parsed;
  }
  if (query.from > query.to) return problem(400, "from is later than to");
  const auto& row = sources_.targets.row(target);
  const int usual = std::max(row.name->options.rolling_days, 1);
  const auto rolling = count_parameter(request, "rolling", static_cast<std::uint64_t>(usual), 366);
  if (!rolling || *rolling == 0)
    return problem(400, rolling ? "rolling = 0: not in [1, 366]" : rolling.error().detail);
  query.rolling_days = static_cast<int>(*rolling);
  const auto csv = wants_csv(request);
  if (!csv) return problem(400, csv.error().detail);
  if (!sources_.compliance) return problem(503, "no compliance record is kept");
  const auto record = sources_.compliance->read(target);
  if (!record) return problem(503, record.error().detail);
  const ComplianceAnswer answer =
      compliance_answer(*row.name, *record, query, sources_.compliance->keep_days());
  if (*csv) return csv_answer(request, compliance_csv(answer), row.name->id + "-compliance");
  return conditional(request, json_text(answer));
}

WebAnswer Api::capacity(const WebRequest& request, std::string_view call) const {
  std::vector<std::string> groups;
  const auto [first, last] = request.query.equal_range("groups");
  for (auto each = first; each != last; ++each) groups.push_back(each->second);
  const auto channel = request.parameter("channel");
  if (!channel || channel->empty()) return problem(400, "the parameter channel is missing");
  const auto answered = [](const auto& result, auto write) {
    if (result) return live(write(*result));
    const auto& error = result.error();
    const int status = error.code == Errc::not_found     ? 404
                       : error.code == Errc::unavailable ? 503
                                                         : 400;
    return problem(status, error.detail);
  };
  if (call == "reactiveState")
    return answered(reactive_state(sources_.targets, *channel, groups), reactive_state_json);
  if (call == "channelCapacity")
    return answered(channel_capacity(sources_.targets, *channel, groups), channel_capacity_json);
  return problem(404,
                 fmt::format("the calls are reactiveState and channelCapacity, not '{}'", call));
}

}  // namespace paceline::watch
