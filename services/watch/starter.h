// Who starts the processes of a node, and how that is asked how they do: supervisord, perhaps one at a socket of its own,
// or systemd by units. Of other nodes the same is taken to be so.
//
// Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace paceline::watch {

struct Starter {
  enum class Kind : std::uint8_t { supervisord, systemd };

  Kind kind = Kind::supervisord;
  std::string
      socket{};  // "unix:///run/paceline/supervisor.sock"; "" = where supervisorctl looks by itself.

  bool operator==(const Starter&) const = default;
};

/// By what each gives to whom it starts; supervisord if neither did.
///   supervisor_url   SUPERVISOR_SERVER_URL
///   invocation       INVOCATION_ID, which supervisord passes on where systemd started that
Starter starter_of(std::string_view supervisor_url, std::string_view invocation);

/// "supervisorctl status"
std::string status_command(const Starter& starter);

/// What its answer says of a process that is not heard, half a sentence.
std::string states_of(const Starter& starter);

/// What to do about a process that is started again and again.
std::string restarts_remedy(const Starter& starter);

}  // namespace paceline::watch
