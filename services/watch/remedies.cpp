#include "services/watch/remedies.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "common/base/ascii.h"

namespace paceline::watch {
namespace {

enum class Obstacle : std::uint8_t {
  proxy,
  authority,
  authorities_file,
  certificate_name,
  certificate_time,
  certificate,
  name,
  credentials,
  forbidden,
  path,
  answers,
  refused,
  no_answer,
  sender,
  unknown,
};

struct Sign {
  std::string_view words;  // In lower case, as libcurl, our connector and http_refusal.h say it.
  Obstacle obstacle;
};

// The first that is found counts.
constexpr std::array<Sign, 34> signs{{{"no row of it", Obstacle::sender},
                                      {"status 407", Obstacle::proxy},
                                      {"proxy", Obstacle::proxy},
                                      {"local issuer", Obstacle::authority},
                                      {"self-signed", Obstacle::authority},
                                      {"self signed", Obstacle::authority},
                                      {"cafile", Obstacle::authorities_file},
                                      {"ca cert", Obstacle::authorities_file},
                                      {"setting certificate", Obstacle::authorities_file},
                                      {"subject name", Obstacle::certificate_name},
                                      {"has expired", Obstacle::certificate_time},
                                      {"not yet valid", Obstacle::certificate_time},
                                      {"subject alternative", Obstacle::certificate_name},
                                      {"certificate", Obstacle::certificate},
                                      {"ssl", Obstacle::certificate},
                                      {"tls", Obstacle::certificate},
                                      {"no such name", Obstacle::name},
                                      {"name servers", Obstacle::name},
                                      {"could not resolve", Obstacle::name},
                                      {"status 401", Obstacle::credentials},
                                      {"invalid_client", Obstacle::credentials},
                                      {"refuses our", Obstacle::credentials},
                                      {"refuses us", Obstacle::credentials},
                                      {"status 403", Obstacle::forbidden},
                                      {"status 404", Obstacle::path},
                                      {"redirected", Obstacle::path},
                                      {"status ", Obstacle::answers},
                                      {"refused", Obstacle::refused},
                                      {"timed out", Obstacle::no_answer},
                                      {"timeout", Obstacle::no_answer},
                                      {"no answer", Obstacle::no_answer},
                                      {"unreachable", Obstacle::no_answer},
                                      {"no route", Obstacle::no_answer},
                                      {"reset", Obstacle::no_answer}}};

// What a server says after its status is its own affair: "HTTP status 503 at ...: proxy_pass failed".
std::string_view ours(std::string_view detail) {
  const auto status = detail.find("http status ");
  if (status == detail.npos) return detail;
  return detail.substr(0, detail.find(": ", status));
}

Obstacle obstacle_of(std::string_view detail) {
  const std::string lowered = ascii_lower(detail);
  const std::string_view text = ours(lowered);
  const auto found = std::ranges::find_if(
      signs, [&](const Sign& sign) { return text.find(sign.words) != text.npos; });
  return found == signs.end() ? Obstacle::unknown : found->obstacle;
}

}  // namespace

std::string remedy_of(std::string_view detail, const RequestSettings& settings) {
  const auto& [process, address, credentials] = settings;
  switch (obstacle_of(detail)) {
    case Obstacle::proxy:
      return fmt::format("check proxy of [{}]: its address, name and password, and whether it runs",
                         process);
    case Obstacle::authority:
      return fmt::format(
          "its authority is not known here: name it (PEM) by ca_file of [{}], then pacelinectl "
          "reload {}",
          process, process);
    case Obstacle::authorities_file:
      return fmt::format(
          "ca_file of [{}] cannot be read as PEM: check that file and who may read it", process);
    case Obstacle::certificate_name:
      return fmt::format("check that {} of [{}] has the name that the certificate is for", address,
                         process);
    case Obstacle::certificate_time:
      return "its certificate is out of its time: ask who runs it, and check this host's clock";
    case Obstacle::certificate:
      return fmt::format(
          "check ca_file of [{}], and that {} has the name that the certificate is for", process,
          address);
    case Obstacle::name:
      return fmt::format("check the name in {} of [{}], and this host's name servers", address,
                         process);
    case Obstacle::credentials:
      return fmt::format("check {} of [{}], then pacelinectl reload {}", credentials, process,
                         process);
    case Obstacle::forbidden:
      return "it knows us and does not allow it: ask who runs it for the right";
    case Obstacle::path:
      return fmt::format("check the path in {} of [{}]", address, process);
    case Obstacle::answers:
      return "it answers, so ask who runs it";
    case Obstacle::refused:
      return fmt::format("nothing listens there: does it run, and is {} of [{}] right?", address,
                         process);
    case Obstacle::no_answer:
      return fmt::format(
          "check network and firewalls from this host to {} of [{}], and whether it "
          "runs",
          address, process);
    case Obstacle::sender:
      return "look whether its sender runs and what it is answered; statfeed's log has what was "
             "refused";
    case Obstacle::unknown:
      break;
  }
  return fmt::format("check network, proxy and ca_file of [{}]", process);
}

}  // namespace paceline::watch
