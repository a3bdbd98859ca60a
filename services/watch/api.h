// Which request asks for what: the paths of the REST interface (README.md has them all).
//
//   const Reply reply = api.reply(request, now, wall);    // an answer, or what must be asked first
//
// Pure: everything known here is answered at once; what another process knows is left to the
// service.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/result.h"
#include "services/watch/access.h"
#include "services/watch/cluster_view.h"
#include "services/watch/history.h"
#include "services/watch/target_table.h"
#include "services/watch/web.h"

namespace paceline {

/// The pacer of this target must be asked to explain it.
struct AskExplanation {
  std::uint32_t target = 0;
};
/// Every local process must be asked for its metrics.
struct AskMetrics {};
/// A live stream starts.
struct OpenStream {};

using Reply = std::variant<WebAnswer, AskExplanation, AskMetrics, OpenStream>;

class Api {
 public:
  /// What it answers from; all of it must live longer.
  struct Sources {
    const ClusterView& cluster;
    const TargetTable& targets;
    const EventList& events;
    const History& history;
  };

  Api(Sources sources, AccessRules rules, std::string watch_url);

  Reply reply(const WebRequest& request, Instant now, WallTime wall);

  void set_watch_url(std::string url) { watch_url_ = std::move(url); }
  const std::string& watch_url() const { return watch_url_; }

  /// The status as JSON now, for the live stream too.
  std::string status(Instant now, WallTime wall) const;

 private:
  Reply route(const WebRequest& request, Instant now, WallTime wall) const;
  Reply target(const WebRequest& request, std::string_view rest) const;
  WebAnswer targets(const WebRequest& request) const;
  WebAnswer events(const WebRequest& request) const;
  WebAnswer capacity(const WebRequest& request, std::string_view call) const;

  Sources sources_;
  Access access_;
  std::string watch_url_;
};

/// What a request's parameters ask the table for.
///   errors   bad_value, naming parameter and value
Result<TargetQuery> parse_target_query(const WebRequest& request);

}  // namespace paceline
