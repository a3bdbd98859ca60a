// The publisher's settings: table [publisher] of the topology file, and what it needs of the rest.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/ports/http.h"
#include "services/publisher/contract.h"
#include "topology/topology.h"

namespace paceline::publisher {

struct PublisherConfig {
  std::string cluster;
  std::string node;
  int pacers = 1;
  std::size_t most_rows = default_max_targets;  // [1..] of a pacer, in any message.

  // The engagement endpoint.
  std::string base_auth_url;     // The token endpoint itself.
  std::string base_service_url;  // Ends in '/'; the contract's path is appended.
  std::string client_id;
  std::string client_secret_file;  // One of the two is set.
  std::string client_secret_env;
  std::string ca_file;                  // "" = the system's authorities.
  std::string client_certificate_file;  // "" = none. It goes with its key.
  std::string client_key_file;
  std::string proxy;  // "" = none.
  bool is_webhook = false;
  WebhookNames webhook;

  // Times of the pacing world, already divided by time_scale.
  Duration refresh_period = 2s;      // [> 0]
  Duration prompt_gap = 300ms;       // [>= 0] 0 = nothing between two periods.
  Duration report_period = 180ms;    // Of the channel `publication`.
  Duration pace_stale = 10s;         // Of the channel `pace`.
  Duration feedback_keyframe = 10s;  // Of the channel `feedback`.

  // Shares and multiples of the refresh period.
  double timeout_share = 0.8;  // (0..1) A publication may take that long; more after a time-out.
  double warn_share = 0.5;     // (0..1) A round trip longer than that is slow.
  int valid_periods = 3;       // [2..100] A publication stays good for so many, and may take them.
  int full_every = 30;         // [1..] From one full publication to the next.

  // Times of networks and people.
  Duration guard = 20ms;  // From the check of the gate to the wire.
  Duration token_timeout = 5s;
  Duration probe_period = 5s;
  Duration stop_bound = 1s;  // How long a stop waits for the elector to take the grant back.

  // Size.
  int max_targets = 20'000;  // [1..] In one request.
  bool gzip = true;
  int gzip_level = 6;                 // [1..12]
  bool zstd = true;                   // Where the endpoint announces it.
  int zstd_level = 7;                 // [1..19]
  std::size_t compress_least = 1024;  // [bytes]

  // Filled in by adapter_config, which can read files.
  std::string targets_file;
  std::vector<std::string> ids;       // Of the targets by dense index.
  std::vector<std::string> channels;  // Their media channels,
  std::vector<int> shards;            // and their pacers, [0, pacers).
  std::string targets_version;        // See topology/targets.h.
  std::string pems;  // What stands in ca_file, client_certificate_file and client_key_file.
  std::string client_secret;
  std::function<Result<std::string>()> read_secret;  // The same anew: somebody may have mended it.
  std::vector<std::string> exposed;                  // Why files with secrets lie open.
  std::string boot;                                  // This host's boot id.
  std::int64_t pid = 0;
};

/// To the endpoint or its token service: with the authorities, certificate and proxy that are set.
HttpRequest request_to(const PublisherConfig& config, std::string method, std::string url);

/// Reads [publisher] (SETTINGS.md lists the keys). Paths are relative to the topology file's folder.
///   errors   bad_value: missing, unknown or out of range, naming FILE:LINE:COLUMN, key and value
Result<PublisherConfig> parse_publisher_config(Place& place);

}  // namespace paceline::publisher
