// The way to the endpoint: an access token that is always at hand, and whether the endpoint can be
// reached from here. One token request and one probe are in flight at most.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/ports/http.h"
#include "common/ports/token.h"
#include "common/ports/world.h"
#include "services/publisher/config.h"
#include "services/publisher/figures.h"
#include "services/publisher/reach.h"

namespace paceline::publisher {

class Access {
 public:
  struct Hooks {
    std::function<void()> changed;                        // Something arrived: step again.
    std::function<void(const HttpAnswer&)> probe_answer;  // Its headers may announce something.
  };

  Access(const PublisherConfig& config, World& world, Http& http, Figures& figures,
         std::string probe_url, Hooks hooks);
  ~Access();
  Access(const Access&) = delete;
  Access& operator=(const Access&) = delete;

  /// Fetches a token if it is due, and probes the endpoint if it is due and `may_probe`.
  void step(Instant now, bool may_probe);
  /// When step() has something to do next; nothing while it waits for answers.
  std::optional<Instant> next(bool may_probe) const;

  const Token& token() const { return token_; }
  /// A publication under token `text` was refused for it, or accepted.
  void token_refused(const std::string& text);
  void token_accepted() { token_.accepted(); }

  /// A publication ended; `status` 0 = without an answer.
  void published(int status) { reach_.endpoint(status); }
  bool tried() const { return reach_.tried(); }
  bool reachable(Instant now) const { return reach_.reachable(token_.usable(now)); }

  /// A request with what is the same for all: authorities and proxy.
  HttpRequest request_to(std::string method, std::string url, Duration timeout) const;

 private:
  void fetch_token(Instant now);
  void on_token(Result<HttpAnswer> answer);
  void probe(Instant now);

  const PublisherConfig& config_;
  World& world_;
  Http& http_;
  Figures& figures_;
  const std::string probe_url_;
  const Hooks hooks_;
  Token token_;
  Reach reach_;
  std::optional<HttpCall> token_call_;
  std::optional<HttpCall> probe_call_;
  Instant probe_at_{};
  FaultLog fetching_;
};

}  // namespace paceline::publisher
