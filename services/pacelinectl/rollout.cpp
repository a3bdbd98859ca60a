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
  if (auto ended = reload(obstacle)) return ended;
  return look_again();
}

// On this host by this program and this topology; elsewhere by what is installed there.
Rollout::Words Rollout::words_to(const Node& node) const {
  const auto local = local_nodes(cluster_);
  if (std::ranges::find(local, &node) != local.end())
    return {environment_.program_folder() + "/pacelinectl", "--topology", topology_};
  auto words = words_between_spaces(shell_);
  for (std::string& word : words)
    word = replaced(replaced(word, "{host}", node.host), "{node}", node.name);
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
    if (name == "was") answer.was = text;
    if (name == "beyond") answer.beyond = text;
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
    if (!place.would.beyond.empty())
      return none_taken(place, fmt::format("{} differs there: this needs more than a reload",
                                           printable(place.would.beyond)));
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
    // From its first call on, who asks us to stop does not end us between two hosts.
    if (!environment_.pause(1ms)) return taken_back(place, "interrupted before it was written");
    if (!place.would.changes) continue;
    Words words = file_.write;
    if (!place.would.was.empty()) words.insert(words.end(), {"--replaces", place.would.was});
    if (const auto answer = offered(*place.node, words); !answer)
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

std::optional<Outcome> Rollout::look_again() {
  for (const Place& place : places_) {
    const auto there = offered(*place.node, file_.ask);
    if (!there || there->changes)
      return failed(exit_not_answered,
                    fmt::format("{}: {}", place.node->name,
                                there ? "another file has taken its place meanwhile: does somebody "
                                        "else change it, too?"
                                      : there.error().detail));
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
        back ? fmt::format("; {} {}", each.node->name, *back)
             : fmt::format("; {} COULD NOT BE SET BACK: {}", each.node->name, back.error().detail);
  }
  return outcome;
}

// Nodes may share a folder, so what is there may be what was there before already.
Result<std::string> Rollout::set_back(const Place& place) {
  const auto there = TRY(offered(*place.node, file_.ask));
  if (!there.changes) TRY(run(*place.node, file_.set_back));
  if (const auto taken_up = run(*place.node, {"reload"}); !taken_up)
    return fail(taken_up.error().code, "it has its old file again, but " + taken_up.error().detail);
  const bool is_other = there.changes && there.was != place.would.was;
  return std::string{is_other ? "has somebody else's file by now, which stays" : "is set back"};
}

}  // namespace paceline::pacelinectl
