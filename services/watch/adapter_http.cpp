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
               .max_body_bytes = 64u << 10},
              [&watch](ServerRequest request, Responder respond) {
                watch.ask({.method = std::move(request.method),
                           .path = std::move(request.path),
                           .query = std::move(request.query),
                           .headers = std::move(request.headers),
                           .peer = std::move(request.peer)},
                          exchange_of(std::move(respond)));
              }} {
  watch.set_watch_url(fmt::format("{}://{}:{}/", config.certificate_file.empty() ? "http" : "https",
                                  config.listen_address, server_.port()));
}

}  // namespace paceline::watch
