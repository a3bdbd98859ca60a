// The simulated Predictive Engagement over HTTPS: its token service, the publications endpoint, and
// the log of publications.
#pragma once

#include <cstdio>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "common/runtime/http_server.h"
#include "services/simulator/adapter_certificate.h"
#include "services/simulator/publication_endpoint.h"
#include "services/simulator/service.h"

namespace paceline::simulator {

/// Lines appended to a file; when it is full it becomes FILE.1 and a new one begins.
class BoundedLog {
 public:
  /// Throws std::system_error if the file cannot be opened.
  BoundedLog(std::string path, std::size_t max_bytes);
  void write(std::string_view line);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  void open();

  std::string path_;
  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::unique_ptr<std::FILE, Close> file_;
};

class EngagementAdapter {
 public:
  struct Options {
    std::string address = "127.0.0.1";
    int port = 0;
    Certificates certificates;
    EndpointSettings settings;
    std::string log_file;  // JSON lines; "" = none.
    std::size_t max_log_bytes = 256u << 20;
  };

  /// Throws std::system_error if the port cannot be bound or the log not be opened.
  EngagementAdapter(Loop& loop, SimulatedWorld& world, PublicationEndpoint& endpoint, Log& log,
                    Options options);
  ~EngagementAdapter();
  EngagementAdapter(const EngagementAdapter&) = delete;
  EngagementAdapter& operator=(const EngagementAdapter&) = delete;

  int port() const { return options_.port; }

 private:
  struct Token {
    std::string text;
    Instant until{};
  };

  void start();
  void follow(const Faults& faults);
  const std::string& certificate() const;
  void serve(ServerRequest request, Responder respond);
  void serve_token(const ServerRequest& request, Responder respond);
  void refuse_later(const ServerRequest& request, Responder respond, int status);
  void spoil(const ServerRequest& request, Responder respond);
  void hang(Responder respond);
  std::optional<ServerAnswer> refusal_of(const ServerRequest& request);
  ServerAnswer answer(const ServerRequest& request);
  Result<std::string> unpacked(const ServerRequest& request) const;
  ServerAnswer token(const ServerRequest& request);
  ServerAnswer publication(const ServerRequest& request, std::string_view cluster);
  bool is_known(std::string_view token);
  bool is_too_fast();
  void note(const ServerRequest& request, const PublicationRequest& publication, int status,
            std::string_view why, std::size_t contested = 0);

  Loop& loop_;
  SimulatedWorld& world_;
  PublicationEndpoint& endpoint_;
  Log& log_;
  Options options_;
  std::optional<BoundedLog> publications_;
  std::optional<HttpServer> http_;
  std::string shown_;              // The certificate that http_ shows.
  std::deque<Token> tokens_;       // Bounded, oldest first.
  std::deque<Instant> requests_;   // Of the last minute, while a limit is set.
  std::deque<Responder> hanging_;  // Bounded.
  FaultLog refusals_;
  TimerId following_ = 0;
};

}  // namespace paceline::simulator
