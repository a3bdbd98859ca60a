#include "services/watch/adapter_http.h"

#include <fmt/format.h>

#include <system_error>

#include "common/runtime/files.h"

namespace paceline::watch {
namespace {

constexpr std::size_t most_stream_bytes = 4u << 20;  // That may wait for a slow reader.

std::string pem(const std::string& file) {
  if (file.empty()) return {};
  auto text = read_file(file, 1u << 20);
  if (!text)
    throw std::system_error{std::make_error_code(std::errc::no_such_file_or_directory),
                            text.error().detail};
  return *std::move(text);
}

WebExchange exchange_of(Responder respond) {
  return {.send =
              [respond](WebAnswer answer) mutable {
                respond.send({.status = answer.status,
                              .content_type = std::move(answer.content_type),
                              .body = std::move(answer.body),
                              .headers = std::move(answer.headers)});
              },
          .start_stream =
              [respond]() mutable {
                respond.start_stream("text/event-stream",
                                     {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}});
              },
          .write =
              [respond](std::string_view text) mutable {
                return respond.write(text, most_stream_bytes);
              }};
}

}  // namespace

WatchServer::WatchServer(const WatchConfig& config, Watch& watch, Loop& loop)
    : server_{loop,
              {.address = config.listen_address,
               .port = config.listen_port,
               .certificate_pem = pem(config.certificate_file),
               .key_pem = pem(config.key_file),
               .max_body_bytes = 64u << 10,
               .max_connections = static_cast<unsigned>(224 + config.max_streams),
               .max_of_address = static_cast<unsigned>(32 + config.max_streams),
               .refuse =
                   [](int status, std::string_view why) {
                     auto answer = problem(status, why);
                     return ServerAnswer{.status = answer.status,
                                         .content_type = std::move(answer.content_type),
                                         .body = std::move(answer.body),
                                         .headers = std::move(answer.headers)};
                   }},
              [&watch](ServerRequest request, Responder respond) {
                watch.ask({.method = std::move(request.method),
                           .path = std::move(request.path),
                           .query = std::move(request.query),
                           .headers = std::move(request.headers),
                           .peer = std::move(request.peer)},
                          exchange_of(std::move(respond)));
              }} {
  const bool is_six = config.listen_address.find(':') != std::string::npos;
  watch.set_watch_url(fmt::format(
      "{}://{}:{}/", config.certificate_file.empty() ? "http" : "https",
      is_six ? '[' + config.listen_address + ']' : config.listen_address, server_.port()));
  watch.count_connections([this] {
    const auto& counts = server_.counts();
    return Watch::Connections{.open = server_.connections(),
                              .gave_way = counts.gave_way,
                              .turned_away = counts.turned_away,
                              .late = counts.late,
                              .refused = counts.refused};
  });
}

}  // namespace paceline::watch
