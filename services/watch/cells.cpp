#include "services/watch/cells.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/url.h"
#include "common/wire/answers.h"
#include "common/wire/json_reader.h"

namespace paceline::watch {
namespace {

constexpr std::size_t most_text = 400;  // [bytes] Of what one says, so that no page grows by it.

std::string cut(std::string text) {
  if (text.size() <= most_text) return text;
  std::size_t end = most_text;
  while (end > 0 && (text[end] & 0xC0) == 0x80) --end;  // Not within a character of UTF-8.
  return text.substr(0, end) + "...";
}

// The status of an answer; why there is none, as people read it.
Result<StatusAnswer> status_in(const Result<CellReply>& reply) {
  if (!reply) return tl::unexpected{reply.error()};
  if (reply->status == 401) return fail("it asks for its read token: cells_token_file of [watch]");
  if (reply->status != 200) return fail(fmt::format("HTTP status {}", reply->status));
  auto status = json_read<StatusAnswer>(reply->body);
  if (!status) return fail("what answers there is no watch of this version");
  return status;
}

}  // namespace

Result<std::vector<CellPlace>> parse_cells(Settings& settings, bool carries_token) {
  Settings table = TRY(settings.table("cells"));
  std::vector<CellPlace> places;
  for (const Settings::Key& key : table.keys()) {
    std::string text = TRY(table.text(key.name));
    const auto url = parse_url(text);
    if (!url || text.find_first_of("?#") != text.npos)
      return tl::unexpected{
          table.error(key.name, url ? "a page has neither ? nor #" : url.error().detail)};
    if (carries_token && !may_carry_secrets(*url))
      return tl::unexpected{table.error(key.name, "a token is sent there: must be https://")};
    if (places.size() >= most_cells)
      return tl::unexpected{table.error(key.name, fmt::format("more than {} cells", most_cells))};
    if (!text.ends_with('/')) text += '/';
    places.push_back({key.name, std::move(text)});
  }
  return table.finish(std::move(places));
}

CellsView::CellsView(const std::vector<CellPlace>& places) {
  for (const CellPlace& place : places)
    cells_.push_back({{.name = place.name,
                       .url = place.url,
                       .silent_because = "it has not been asked yet",
                       .master = "",
                       .worst = "",
                       .remedy = ""}});
}

void CellsView::answered(std::size_t cell, const Result<CellReply>& reply, Instant now) {
  auto& [said, heard] = cells_.at(cell);
  const auto status = status_in(reply);
  if (!status) {
    said.silent_because = status.error().detail;
    return;
  }
  said.silent_because.clear();
  said.master = cut(status->master);
  said.targets = status->targets;
  said.ready = status->ready;
  const auto& why = status->not_ready_because;
  const CauseAnswer first = status->causes.empty() ? CauseAnswer{} : status->causes.front();
  said.worst = cut(first.cause.empty() && !why.empty() ? why.front() : first.cause);
  said.remedy = cut(first.remedy);
  heard = now;
}

CellsAnswer CellsView::answer(Instant now) const {
  CellsAnswer all;
  for (const Cell& cell : cells_) {
    all.cells.push_back(cell.said);
    if (cell.heard) all.cells.back().heard_s = to_seconds(now - *cell.heard);
  }
  return all;
}

}  // namespace paceline::watch
