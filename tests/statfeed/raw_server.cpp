#include "tests/statfeed/raw_server.h"

#include <optional>
#include <utility>

namespace paceline::test {
namespace {

// The request, if all of it is there.
std::optional<ServerRequest> parsed(const std::string& text) {
  const auto end = text.find("\r\n\r\n");
  if (end == std::string::npos) return std::nullopt;
  ServerRequest request;
  const auto space = text.find(' ');
  const auto target = text.substr(space + 1, text.find(' ', space + 1) - space - 1);
  request.method = text.substr(0, space);
  request.path = target.substr(0, target.find('?'));
  std::size_t length = 0;
  if (const auto at = text.find("Content-Length: "); at < end)
    length = std::stoul(text.substr(at + 16));
  request.body = text.substr(end + 4);
  if (request.body.size() < length) return std::nullopt;
  return request;
}

}  // namespace

RawServer::RawServer(Loop& loop, Handle handle)
    : handle_{std::move(handle)},
      peer_{loop, "127.0.0.1", 0,
            [this](int connection, std::string_view bytes) { hear(connection, bytes); }} {
}

std::string RawServer::bytes(const ServerAnswer& answer) {
  std::string text =
      "HTTP/1.1 " + std::to_string(answer.status) +
      " -\r\nConnection: close\r\nContent-Length: " + std::to_string(answer.body.size()) + "\r\n";
  for (const auto& [name, value] : answer.headers) text += name + ": " + value + "\r\n";
  return text + "\r\n" + answer.body;
}

void RawServer::hear(int connection, std::string_view bytes) {
  auto& text = received_[connection];
  text.append(bytes);
  const auto request = parsed(text);
  if (!request) return;
  received_.erase(connection);
  peer_.send(connection, handle_(*request));
  peer_.close_connection(connection);
}

}  // namespace paceline::test
