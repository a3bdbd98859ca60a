// watch: hears every channel of its node and cluster, and answers people and monitoring.
//
//   Watch watch{config, world};
//   watch.ask(request, exchange);     // an HTTP request came (adapter_http)
//
// It only listens. What the pipeline can feel of it: one `metrics` question to each process of its
// node for each scrape, and one `explain` question for each look at an explanation.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/ports/control.h"
#include "common/ports/state_channel.h"
#include "common/ports/world.h"
#include "services/watch/api.h"
#include "services/watch/compliance.h"
#include "services/watch/config.h"
#include "services/watch/metrics_merge.h"
#include "services/watch/restarts.h"

namespace paceline::watch {

/// How one HTTP request is answered, whatever the server is.
struct WebExchange {
  std::function<void(WebAnswer answer)> send;
  std::function<void()> start_stream;                // Server-sent events from now on.
  std::function<bool(std::string_view text)> write;  // False once the peer is gone or too slow.
};

class Watch {
 public:
  ///   store         keeps history and events; null = they are in memory only
  ///   history_off   why there is none, although the settings name a file; "" otherwise
  Watch(const WatchConfig& config, World& world, Store* store = nullptr,
        std::string history_off = "");
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// Shows these targets from now on; says how many. Those that stay keep what was heard of them.
  std::string take_targets(std::vector<TargetName> names, std::vector<AgentSet> agents,
                           std::string version);

  /// Answers by `exchange`, at once or after asking other processes (at most a second).
  void ask(const WebRequest& request, WebExchange exchange);

  /// What the HTTP server has counted, for /metrics.
  struct Connections {
    std::size_t open = 0;
    std::uint64_t gave_way = 0;  // See common/runtime/http_server.h.
    std::uint64_t turned_away = 0;
    std::uint64_t late = 0;
    std::uint64_t refused = 0;  // Requests.
  };
  void count_connections(std::function<Connections()> count) { connections_ = std::move(count); }

  /// Where people find the page; known once the server has its port.
  void set_watch_url(std::string url) { api_.set_watch_url(std::move(url)); }

  /// Other cells: who asks them puts it here.
  CellsView& cells() { return cells_; }

  const std::string& targets_version() const { return targets_version_; }
  const ClusterView& cluster() const { return cluster_; }
  const EventList& events() const { return events_; }
  const TargetTable& targets() const { return targets_; }
  const History& history() const { return history_; }
  std::size_t streams() const { return streams_.size(); }

 private:
  struct Scrape;
  struct Counters {
    explicit Counters(Metrics& metrics);

    Counter& store_failures;
    Histogram& store_seconds;
    Counter& refused;
    Counter& requests;
    Counter& streams_dropped;
    Counter& samples_left_out;
  };

  template <class Message>
  void hear_message(const char* channel);
  template <class Reader>
  void note_senders(const char* channel, const Reader& reader);
  void note_all_senders();
  void follow_pacers();
  void answer_control();
  void step();
  void broadcast();
  void add_event(Event event);
  bool is_of_master(const std::string& node) const;
  void keep_history();
  void keep_compliance(std::int64_t wall_ms);
  void begin_compliance();
  void note_store(const Result<void>& done);
  void tell_start();
  void tell_history_off();
  const std::string& history_off() const { return api_.surroundings().history_off; }
  void look_around();
  void answer_handover(const AskHandover& question, WebExchange exchange);
  void answer(const WebRequest& request, WebExchange exchange);
  void answer_explanation(const WebRequest& request, std::uint32_t target, WebExchange exchange);
  void answer_metrics(const WebRequest& request, WebExchange exchange);
  void finish_scrape();
  void open_stream(WebExchange exchange);
  void set_gauges(const StatusAnswer& status);

  const WatchConfig& config_;
  World& world_;
  TargetTable targets_;
  std::vector<AgentSet> agents_;  // Who shares agents, as the files tell.
  std::string targets_version_;
  ClusterView cluster_;
  EventList events_;
  Store* store_;
  History history_;
  ComplianceBook compliance_;
  std::string feedback_epoch_{};  // Of the endpoint's counters.
  KeptTime kept_time_;
  Restarts restarts_;
  CellsView cells_;
  Api api_;
  ControlServer control_;
  FaultLog refusals_;
  FaultLog unwritten_;
  std::string unwritten_why_{};  // The last one.
  FaultLog clock_;
  StateReader<TargetStat> stat_;
  StateReader<TargetPace> pace_;
  std::map<int, bool> heard_pacers_;  // By shard.
  StateReader<TargetFeedback> feedback_;
  std::list<WebExchange> streams_;
  bool renewed_ = false;            // The streams do not know yet that the targets are others.
  std::uint64_t event_sent_ = 0;    // Number of the last event that the streams know.
  std::shared_ptr<Scrape> scrape_;  // The one under way, if any: later askers join it.
  std::function<Connections()> connections_{};
  std::vector<Event> unwritten_events_{};  // Since the last step that wrote.
  Counters counters_;
};

}  // namespace paceline::watch
