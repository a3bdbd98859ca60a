#include "services/pacelinectl/rollout.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/pacelinectl/input.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/order.h"
#include "services/pacelinectl/table.h"

namespace paceline::pacelinectl {
namespace {

constexpr Duration longest_run = 60s;
constexpr std::size_t most_said = 300;  // [bytes] Of what a command says that failed.

// What stands between spaces; there is no quoting.
std::vector<std::string> words_between_spaces(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

// Of several lines the last, where a program says what it ends with.
std::string last_line(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  const auto before = text.rfind('\n');
  return printable(before == text.npos ? text : text.substr(before + 1));
}

}  // namespace

Rollout::Rollout(const ClusterFile& cluster, const Request& request, File file,
                 std::vector<const Node*> nodes, Environment& environment)
    : cluster_{cluster},
      request_{request},
      file_{std::move(file)},
      topology_{environment.absolute(request.topology)},
      shell_{request.shell.empty() ? default_shell : request.shell},
      environment_{environment} {
  for (const Node* node : nodes) places_.push_back({node, {}, false});
}

std::optional<Outcome> Rollout::carry_out(const std::function<std::string(const Node&)>& obstacle) {
  if (auto ended = ask()) return ended;
  if (!changes_anything()) return Outcome{.out = differences() + "nothing to do\n"};
  if (auto ended = agree()) return ended;
  if (auto ended = write()) return ended;
  return reload(obstacle);
}

// On this host by this program and this topology; elsewhere by what is installed there.
Rollout::Words Rollout::words_to(const Node& node) const {
  const auto local = local_nodes(cluster_);
  if (std::ranges::find(local, &node) != local.end())
    return {environment_.program_folder() + "/pacelinectl", "--topology", topology_};
  auto words = words_between_spaces(shell_);
  for (std::string& word : words) {
    replace_all(word, "{host}", node.host);
    replace_all(word, "{node}", node.name);
  }
  words.emplace_back("pacelinectl");
  return words;
}

Result<std::string> Rollout::run(const Node& node, const Words& words, std::string_view input) {
  auto all = words_to(node);
  all.insert(all.end(), {"--node", node.name});
  all.insert(all.end(), words.begin(), words.end());
  const auto ended = TRY(environment_.run(all, input, longest_run));
  if (ended.exit == 0) return ended.out;
  const std::string said = last_line(ended.error.empty() ? ended.out : ended.error);
  return fail(
      Errc::refused,
      fmt::format("{}: {} (exit {})", all.front(),
                  said.empty() ? "it said nothing" : said.substr(0, most_said), ended.exit));
}

Result<Rollout::Answer> Rollout::offered(const Node& node, const Words& words) {
  const auto members = TRY(texts_of(TRY(run(node, words, file_.text))));
  Answer answer;
  for (const auto& [name, text] : members) {
    if (name == "version") answer.version = text;
    if (name == "difference") answer.difference = text;
    if (name == "changes") answer.changes = text == "yes";
  }
  if (answer.version.empty()) return fail("it answered nothing that this pacelinectl understands");
  return answer;
}

std::optional<Outcome> Rollout::ask() {
  for (Place& place : places_) {
    auto answer = offered(*place.node, file_.ask);
    if (!answer) return none_taken(place, answer.error().detail);
    place.would = *std::move(answer);
    if (place.would.version != version())
      return none_taken(place, fmt::format("with what else is there it would work by {}, {} by {}",
                                           printable(place.would.version),
                                           places_.front().node->name, printable(version())));
  }
  return {};
}

std::optional<Outcome> Rollout::agree() {
  if (request_.yes) return {};
  if (!request_.asks)
    return failed(exit_usage, "nobody is there to be asked; --yes says that it may be done");
  const auto question = fmt::format("{}{} go to {} nodes and are put to work there: yes? ",
                                    differences(), file_.name, places_.size());
  if (const auto told = environment_.write_output(question); !told)
    return failed(exit_not_answered, told.error().detail);
  const auto answer = read_line(environment_);
  if (answer && (*answer == "yes" || *answer == "y")) return {};
  return failed(exit_not_answered, "not agreed to: nothing was changed");
}

// Where nothing changes the file stays as it is written, and so does what it replaced.
std::optional<Outcome> Rollout::write() {
  for (Place& place : places_) {
    if (!place.would.changes) continue;
    if (const auto answer = offered(*place.node, file_.write); !answer)
      return taken_back(place, answer.error().detail);
    place.written = true;
  }
  return {};
}

std::optional<Outcome> Rollout::reload(const std::function<std::string(const Node&)>& obstacle) {
  const auto view = election_view(cluster_, environment_);
  const ElectionMessage* master = view ? master_of(*view) : nullptr;
  const std::string last = master == nullptr ? "" : master->node;
  std::vector<const Place*> order;
  for (const Place& place : places_) order.push_back(&place);
  std::ranges::stable_partition(order,
                                [&](const Place* place) { return place->node->name != last; });
  for (const Place* place : order) {
    if (const auto answer = run(*place->node, {"reload"}); !answer)
      return taken_back(*place, answer.error().detail);
    const auto awaited =
        await(request_.timeout_s, environment_, [&] { return obstacle(*place->node); });
    if (!awaited.obstacle.empty())
      return taken_back(
          *place, fmt::format("{} after its reload {}", readable_seconds(to_seconds(awaited.after)),
                              awaited.obstacle));
  }
  return {};
}

bool Rollout::changes_anything() const {
  return std::ranges::any_of(places_, [](const Place& place) { return place.would.changes; });
}

std::string Rollout::differences() const {
  std::string text;
  for (const Place& place : places_)
    text += fmt::format("{:<10} {}\n", place.node->name, printable(place.would.difference));
  return text;
}

std::string Rollout::node_names() const {
  std::string names;
  for (const Place& place : places_) names += (names.empty() ? "" : " ") + place.node->name;
  return names;
}

Outcome Rollout::none_taken(const Place& place, const std::string& why) const {
  return failed(exit_not_answered,
                fmt::format("{}: {}; nothing was changed on any node", place.node->name, why));
}

Outcome Rollout::taken_back(const Place& place, const std::string& why) {
  Outcome outcome = failed(exit_not_answered, fmt::format("{}: {}", place.node->name, why));
  for (const Place& each : places_) {
    if (!each.written) continue;
    const auto back = set_back(each);
    outcome.error +=
        back ? fmt::format("; {} is set back", each.node->name)
             : fmt::format("; {} COULD NOT BE SET BACK: {}", each.node->name, back.error().detail);
  }
  return outcome;
}

// Nodes may share a folder, so what is there may be what was there before already.
Result<std::string> Rollout::set_back(const Place& place) {
  const auto there = TRY(offered(*place.node, file_.ask));
  if (!there.changes) TRY(run(*place.node, file_.set_back));
  return run(*place.node, {"reload"});
}

}  // namespace paceline::pacelinectl
