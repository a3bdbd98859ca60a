#include "services/watch/starter.h"

#include <algorithm>
#include <array>

namespace paceline::watch {
namespace {

// Where supervisorctl looks by itself on Debian.
constexpr auto usual_sockets = std::to_array<std::string_view>(
    {"unix:///var/run/supervisor.sock", "unix:///run/supervisor.sock"});

}  // namespace

Starter starter_of(std::string_view supervisor_url, std::string_view invocation) {
  if (supervisor_url.empty() && !invocation.empty()) return {.kind = Starter::Kind::systemd};
  if (std::ranges::find(usual_sockets, supervisor_url) != usual_sockets.end()) return {};
  return {.kind = Starter::Kind::supervisord, .socket = std::string{supervisor_url}};
}

std::string status_command(const Starter& starter) {
  if (starter.kind == Starter::Kind::systemd) return "systemctl status 'paceline-*'";
  return starter.socket.empty() ? "supervisorctl status"
                                : "supervisorctl -s " + starter.socket + " status";
}

std::string states_of(const Starter& starter) {
  if (starter.kind == Starter::Kind::systemd)
    return "inactive wants a start, failed has the reason in its journal (exit 78: its settings), "
           "activating is started again and again";
  return "STOPPED wants a start, FATAL or EXITED has the reason in its log (exit 78: its "
         "settings), "
         "RUNNING for some seconds only is started again and again";
}

std::string restarts_remedy(const Starter& starter) {
  if (starter.kind == Starter::Kind::systemd)
    return "systemd calls such a process active: journalctl -u 'paceline-*' has the reason before "
           "each start";
  return "supervisord calls such a process RUNNING: its log has the reason before each start";
}

}  // namespace paceline::watch
