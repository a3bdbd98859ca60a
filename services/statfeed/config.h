// Settings of statfeed: table [statfeed] of the topology file, and what the rest of it says.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "common/ports/http.h"
#include "services/statfeed/failover.h"
#include "services/statfeed/mapping.h"
#include "services/statfeed/poll_schedule.h"
#include "services/statfeed/session.h"
#include "services/statfeed/totals.h"
#include "topology/targets.h"
#include "topology/topology.h"

namespace paceline::statfeed {

/// Who we are and whom we trust at a Stat Server. What stands in a file is read into its text by
/// adapter_config.
struct StatServerAccess {
  std::string api_key;   // Header x-api-key; "" = none.
  std::string bearer;    // Fixed access token; "" = none.
  std::string auth_url;  // OAuth2 client credentials in place of a fixed token; "" = none.
  std::string client_id;
  std::string client_secret;
  std::string user;  // HTTP Basic, where there is no token; "" = none.
  std::string password;
  std::string api_key_file;  // "" = the text above.
  std::string bearer_file;
  std::string client_secret_file;
  std::string password_file;
  std::string ca_file;
  std::string client_certificate_file;
  std::string client_key_file;
  std::string pems;   // What stands in these three.
  std::string proxy;  // It may hold a password.

  bool operator==(const StatServerAccess&) const = default;
};

/// With its authorities, certificate and proxy, without credentials.
HttpRequest request_to(const StatServerAccess& access, std::string method, std::string url);

/// How to ask the Stat Service of GMS.
struct GmsPolicy {
  bool internal = false;  // /internal_statistic, without authentication.
  PollSchedule::Policy schedule;
  int parallel = 8;       // [1..64] requests out at once.
  Duration max_age = 0s;  // [whole seconds] how old a value of the service's cache may be.
  Duration request_timeout = 5s;
  Duration retry_max = 10s;
  std::string tenant;
  std::string tenant_password;
  std::string tenant_password_file;   // "" = the text above.
  std::string metric_key = "metric";  // Or "statisticType".
};

/// Where senders reach us, in place of Stat Servers.
struct BusPolicy {
  std::string endpoint;  // "ipc://..." or "tcp://..."; "" = we have Stat Servers.
  // The cluster as the endpoint's sockets see it: its nodes are the senders, whose keys are those that may connect.
  Topology senders;
};

struct StatfeedConfig {
  std::string replay_file;  // A recorded feed in place of the servers; "" = none.
  double replay_speed = 1;  // [0.01..1000]
  std::string record_file;  // Where to record what is heard; "" = nowhere.
  // Base URLs of primary and backup, or the senders' names; backup may be "".
  std::array<std::string, 2> servers;
  std::array<Duration, 2> value_delay{};  // [>= 0] by which their values are known to come late.
  StatServerAccess access;
  Mapping mapping = default_mapping();
  bool gms = false;  // The servers are reached through GMS.
  Session::Policy session;
  GmsPolicy gms_policy;
  BusPolicy bus;
  Failover::Policy failover;
  Totals::Policy totals;
  Duration debounce = 50ms;  // From a change to its publication (setting `settle`).

  // From the topology.
  std::string targets_file;
  std::size_t max_targets = default_max_targets;
  int shards = 1;
  Duration period = 1s;  // Of channel stat.
  Duration keyframe = 10s;
  Duration stale = 10s;  // Numbers older than this are not to be used.

  // Filled in by adapter_config, which can read files.
  Targets targets;
  std::vector<std::string> exposed;  // Why files with secrets lie open.
};

/// Times of the pacing world are divided by the topology's time_scale here. SETTINGS.md has each key.
///
///   errors   bad_value, naming FILE:LINE:COLUMN, key and value
Result<StatfeedConfig> parse_statfeed_config(Place& place);

}  // namespace paceline::statfeed
