#include "services/watch/service_cells.h"

namespace paceline::watch {
namespace {

constexpr Duration cells_period = 5s;
constexpr Duration cell_deadline = 3s;
constexpr std::size_t most_status_bytes = 1u << 20;

}  // namespace

CellAsker::CellAsker(const WatchConfig& config, World& world, Http& http, CellsView& view)
    : config_{config}, world_{world}, http_{http}, view_{view}, asked_(config.cells.size()) {
  world.timers.every(cells_period, [this] { ask_all(); });
  ask_all();
}

CellAsker::~CellAsker() {
  for (const auto& call : asked_)
    if (call) http_.cancel(*call);
}

void CellAsker::ask_all() {
  for (std::size_t cell = 0; cell < asked_.size(); ++cell)
    if (!asked_[cell]) ask(cell);
}

void CellAsker::ask(std::size_t cell) {
  HttpRequest request{.url = config_.cells[cell].url + "api/v1/status",
                      .headers = {},
                      .body = {},
                      .timeout = cell_deadline,
                      .ca_file = config_.cells_ca_file,
                      .max_answer_bytes = most_status_bytes};
  if (!config_.cells_token.empty())
    request.headers.emplace_back("Authorization", "Bearer " + config_.cells_token);
  asked_[cell] = http_.send(std::move(request), [this, cell](Result<HttpAnswer> answer) {
    asked_[cell].reset();
    const auto reply = std::move(answer).map([](HttpAnswer&& all) {
      return CellReply{all.status, std::move(all.body)};
    });
    view_.answered(cell, reply, world_.clock.now());
  });
}

}  // namespace paceline::watch
