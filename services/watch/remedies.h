// What to do about a request over HTTP that failed, by what was said of it.
//
// Pure.
#pragma once

#include <string>
#include <string_view>

namespace paceline::watch {

/// The settings that a request depends on, by their keys.
struct RequestSettings {
  const char* process;      // "publisher"
  const char* address;      // "base_service_url"
  const char* credentials;  // "client_id and its secret"
};

/// A sentence without its full stop.
///   detail   as the HTTP port or http_refusal.h puts it; "" = nothing was said
std::string remedy_of(std::string_view detail, const RequestSettings& settings);

}  // namespace paceline::watch
