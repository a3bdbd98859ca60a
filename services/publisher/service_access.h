// The way to the endpoint: an access token that is always at hand, and whether the endpoint can be
// reached from here. One token request and one probe are in flight at most.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/ports/client_credentials.h"
#include "common/ports/http.h"
#include "common/ports/world.h"
#include "services/publisher/config.h"
#include "services/publisher/metrics.h"
#include "services/publisher/reachability.h"

namespace paceline::publisher {

class Access {
 public:
  struct Hooks {
    std::function<void()> changed;  // Something arrived: step again.
    // Of a probe: its headers may announce something.
    std::function<void(const HttpAnswer&, Duration round_trip)> probe_answer;
  };

  Access(const PublisherConfig& config, World& world, Http& http, PublisherMetrics& metrics,
         std::string probe_url, Hooks hooks);
  ~Access();
  Access(const Access&) = delete;
  Access& operator=(const Access&) = delete;

  /// Probes the endpoint if it is due and `may_probe`. The first step fetches a token; those that
  /// follow it come by themselves.
  void step(Instant now, bool may_probe);
  /// When step() has something to do next; nothing while it waits for an answer.
  std::optional<Instant> next(bool may_probe) const;

  const Token& token() const { return credentials_.token(); }
  /// Why the last token request failed, for people; "" = it did not.
  const std::string& token_error() const { return credentials_.error(); }
  /// A publication under token `text` was refused for it, or accepted.
  void token_refused(const std::string& text) { credentials_.refused(text); }
  void token_accepted() { credentials_.accepted(); }

  /// A publication ended; `status` 0 = without an answer.
  void published(int status) { reachability_.endpoint(status); }
  bool tried() const { return reachability_.tried(); }
  /// Why the last probe says that the endpoint cannot be reached, for people; "" = it does not.
  const std::string& probe_error() const { return probe_error_; }
  bool reachable(Instant now) const { return reachability_.reachable(token().usable(now)); }

  /// A request with what is the same for all: authorities and proxy.
  HttpRequest request_to(std::string method, std::string url, Duration timeout) const;

 private:
  void probe(Instant now);

  const PublisherConfig& config_;
  World& world_;
  Http& http_;
  PublisherMetrics& metrics_;
  const std::string probe_url_;
  const Hooks hooks_;
  ClientCredentials credentials_;
  bool is_started_ = false;
  Reachability reachability_;
  std::optional<HttpCall> probe_call_;
  std::string probe_error_;
  Instant probe_at_{};
};

}  // namespace paceline::publisher
