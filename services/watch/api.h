// Which request asks for what: the paths of the REST interface (API.md has them all).
//
//   const Reply reply = api.reply(request, now, wall);    // an answer, or what must be asked first
//
// Pure. What is known here is answered at once; what another process knows, service.* asks for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/result.h"
#include "services/watch/access.h"
#include "services/watch/causes.h"
#include "services/watch/cells.h"
#include "services/watch/cluster_view.h"
#include "services/watch/compliance.h"
#include "services/watch/history.h"
#include "services/watch/target_table.h"
#include "services/watch/web.h"

namespace paceline::watch {

/// The pacer of this target must be asked to explain it.
struct AskExplanation {
  std::uint32_t target = 0;
};
/// The elector must be asked to hand mastership over.
struct AskHandover {
  std::string to{};  // "" = whoever is next.
};
/// Every local process must be asked for its metrics.
struct AskMetrics {};
/// A live stream starts.
struct OpenStream {};

using Reply = std::variant<WebAnswer, AskExplanation, AskHandover, AskMetrics, OpenStream>;

class Api {
 public:
  /// What it answers from; all of it must live longer.
  struct Sources {
    const ClusterView& cluster;
    const TargetTable& targets;
    const EventList& events;
    const History& history;
    Store* store;  // May be null.
    const ComplianceBook* compliance = nullptr;
    const CellsView* cells = nullptr;
  };

  Api(Sources sources, AccessRules rules, std::string watch_url);

  Reply reply(const WebRequest& request, Instant now, WallTime wall);

  void set_watch_url(std::string url) { watch_url_ = std::move(url); }
  const std::string& watch_url() const { return watch_url_; }
  /// What causes and readiness depend on beside the sources.
  Surroundings& surroundings() { return surroundings_; }
  const Surroundings& surroundings() const { return surroundings_; }

  /// The past of a target, or of all together for "*", as JSON.
  ///   from, to, step   as parse_history_query reads them
  ///   errors           not_found, bad_value, unavailable
  Result<std::string> history(std::string_view target, std::string_view from, std::string_view to,
                              std::string_view step, WallTime wall) const;

  /// Past events.
  ///   errors   unavailable
  Result<std::vector<Event>> events(const EventQuery& query) const;

  /// The status as JSON now, for the live stream too.
  std::string status(Instant now, WallTime wall) const;

 private:
  Reply route(const WebRequest& request, Instant now, WallTime wall) const;
  Reply operate(const WebRequest& request) const;
  Reply target(const WebRequest& request, std::string_view rest, WallTime wall) const;
  WebAnswer targets(const WebRequest& request) const;
  WebAnswer events(const WebRequest& request, WallTime wall) const;
  WebAnswer history(const WebRequest& request, std::uint32_t series, std::string_view name,
                    WallTime wall) const;
  WebAnswer compliance(const WebRequest& request, std::uint32_t target) const;
  WebAnswer capacity(const WebRequest& request, std::string_view call) const;

  Sources sources_;
  AccessControl access_;
  std::string watch_url_;
  Surroundings surroundings_{};
};

/// What a request's parameters ask the table for.
///   errors   bad_value, naming parameter and value
Result<TargetQuery> parse_target_query(const WebRequest& request);

}  // namespace paceline::watch
