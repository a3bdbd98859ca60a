// `init [FOLDER]`: the configuration of a new cluster, a bundle for each node. All that is asked is
// checked before the first file is written; what is there is never written over.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "services/pacelinectl/bundle.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/input.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/process_tables.h"
#include "services/pacelinectl/tar.h"
#include "topology/target_fields.h"

namespace paceline::pacelinectl {
namespace {

constexpr const char* usual_folder = "paceline-bundles";
constexpr const char* owner = "paceline";
constexpr std::size_t most_input = 4u << 20;  // Of a file of secrets or authorities.
constexpr int most_tries = 5;                 // Of one question.

using Answers = std::map<std::string, std::string>;

std::string fault_of_answer(const InitWish& wish, const std::string& answer,
                            Environment& environment) {
  auto fault = fault_of(wish, answer);
  if (fault.empty() && wish.kind == InitWish::Kind::file && !answer.empty())
    if (const auto text = environment.read(answer); !text) fault = text.error().detail;
  return fault;
}

Result<std::string> ask(const InitWish& wish, Environment& environment) {
  for (int tries = 0; tries < most_tries; ++tries) {
    const auto asked = environment.write_output(
        fmt::format("{}{}\n  --{}: ", wish.help, wish.needed ? "" : " (or nothing)", wish.key));
    if (!asked) return tl::unexpected{asked.error()};
    const std::string answer = TRY(read_line(environment));
    const auto fault = fault_of_answer(wish, answer, environment);
    if (fault.empty()) return answer;
    const auto told = environment.write_output(fmt::format("  {}\n", fault));
    if (!told) return tl::unexpected{told.error()};
  }
  return fail(fmt::format("--{}: {} answers that are none", wish.key, most_tries));
}

/// What the options say, and a person where they do not.
Result<Answers> answers_to(const Request& request, Environment& environment) {
  Answers answers{request.filters.begin(), request.filters.end()};
  std::vector<std::string> missing;
  for (const InitWish& wish : init_wishes()) {
    const std::string key{wish.key};
    if (const auto told = answers.find(key); told != answers.end()) {
      if (const auto fault = fault_of_answer(wish, told->second, environment); !fault.empty())
        return fail(fmt::format("--{} = '{}': {}", key, told->second, fault));
    } else if (wish.kind == InitWish::Kind::folder) {
      continue;
    } else if (request.asks) {
      // Two nodes accepted as a pair have no witness.
      if (key != "witness" || !request.pair) answers[key] = TRY(ask(wish, environment));
    } else if (wish.needed) {
      missing.push_back("--" + key);
    }
  }
  if (!missing.empty())
    return fail(fmt::format("{} {} to be told; on a terminal, init asks", fmt::join(missing, ", "),
                            missing.size() == 1 ? "has" : "have"));
  return answers;
}

Result<std::string> read_given(const Answers& answers, const std::string& key,
                               Environment& environment) {
  const auto told = answers.find(key);
  if (told == answers.end() || told->second.empty()) return std::string{};
  auto text = TRY(environment.read(told->second));
  if (text.empty() || text.size() > most_input)
    return fail(fmt::format("--{} = '{}': not 1 to {} bytes", key, told->second, most_input));
  return text;
}

/// Reads what was given in files; the targets file keeps its form.
///   returns  the mistakes of the targets file, a line each
///   errors   a file that cannot be read or is no secret
Result<std::string> read_inputs(const Answers& answers, Environment& environment,
                                NewCluster& cluster, BundleInputs& inputs) {
  inputs.client_secret = TRY(read_given(answers, "client-secret", environment));
  if (inputs.client_secret.find_first_of("\r\n") == 0)
    return fail("--client-secret: its first line is empty");
  inputs.ca = TRY(read_given(answers, "ca", environment));
  const auto file = answers.find("targets");
  if (file == answers.end() || file->second.empty()) return std::string{};
  inputs.targets = TRY(environment.read(file->second));
  if (is_csv_targets(inputs.targets, file->second)) cluster.targets_name = "targets.csv";
  std::string mistakes;
  for (const Mistake& mistake : check_targets(inputs.targets, file->second))
    mistakes += mistake.text() + "\n";
  return mistakes;
}

struct Bundle {
  std::string folder;
  std::vector<BundleFile> files;
};

/// Pairs of all nodes by name: those of bundles that are there, else new ones.
///   errors   refused: half a pair, or two public keys of one node
Result<std::map<std::string, KeyPair>> key_pairs(const NewCluster& cluster,
                                                 const std::string& folder,
                                                 Environment& environment) {
  std::map<std::string, KeyPair> pairs;
  const auto keys_of = [&](const NewNode& node) {
    return fmt::format("{}/{}/{}/", folder, node.name, bundle_keys(cluster));
  };
  for (const NewNode& node : cluster.nodes) {
    const std::string own = keys_of(node) + node.name;
    const bool has_secret = environment.exists(own + ".secret");
    for (const NewNode& other : cluster.nodes) {
      const std::string copy = fmt::format("{}{}.public", keys_of(other), node.name);
      if (environment.exists(copy) && !has_secret)
        return fail(Errc::refused,
                    fmt::format("{} is there without {}.secret: bring that back, or begin in "
                                "another folder",
                                copy, own));
    }
    if (has_secret)
      pairs[node.name] = {
        TRY(environment.read(own + ".public")),
        TRY(environment.read(own + ".secret"))
      };
    else
      pairs[node.name] = TRY(environment.make_keys());
  }
  for (auto& [name, pair] : pairs)
    for (std::string* key : {&pair.public_key, &pair.secret_key})
      if (!key->ends_with('\n')) *key += '\n';
  return pairs;
}

Result<std::vector<Bundle>> bundles_of(const NewCluster& cluster, const BundleInputs& inputs,
                                       const std::string& folder, bool tar,
                                       Environment& environment) {
  const auto pairs = TRY(key_pairs(cluster, folder, environment));
  std::vector<Bundle> bundles;
  for (const NewNode& node : cluster.nodes) {
    Bundle bundle{folder + "/" + node.name, {}};
    const std::string keys = bundle_keys(cluster) + "/";
    // The secret first: a bundle that was cut off is noticed.
    bundle.files.push_back({keys + node.name + ".secret", pairs.at(node.name).secret_key, 0600});
    for (const auto& [name, pair] : pairs)
      bundle.files.push_back({keys + name + ".public", pair.public_key, 0644});
    for (BundleFile& file : bundle_files(cluster, node, inputs))
      bundle.files.push_back(std::move(file));
    if (tar) {
      auto packed = TRY(tar_gz(bundle.files, owner));
      bundles.push_back({folder, {{node.name + ".tar.gz", std::move(packed), 0600}}});
    }
    bundles.push_back(std::move(bundle));
  }
  return bundles;
}

/// What would be written over: files that are there and differ.
std::vector<std::string> in_the_way(const std::vector<Bundle>& bundles, Environment& environment) {
  std::vector<std::string> paths;
  for (const Bundle& bundle : bundles)
    for (const BundleFile& file : bundle.files) {
      const std::string path = bundle.folder + "/" + file.path;
      if (!environment.exists(path)) continue;
      const auto text = environment.read(path);
      if (!text || *text != file.content) paths.push_back(path);
    }
  return paths;
}

Result<std::vector<std::string>> write_missing(const std::vector<Bundle>& bundles,
                                               Environment& environment) {
  std::vector<std::string> made;
  for (const Bundle& bundle : bundles)
    for (const BundleFile& file : bundle.files) {
      const std::string path = bundle.folder + "/" + file.path;
      if (environment.exists(path)) continue;
      const bool is_key = path.ends_with(".secret") || path.ends_with(".public");
      if (auto done =
              environment.make_folder(path.substr(0, path.rfind('/')), is_key ? 0700 : 0755);
          !done)
        return tl::unexpected{done.error()};
      if (auto done = environment.write(path, file.content, file.mode); !done)
        return tl::unexpected{done.error()};
      made.push_back(path);
    }
  return made;
}

std::string told(const NewCluster& cluster, const std::string& folder, std::size_t made) {
  std::string out = fmt::format("{}: {} files made; cluster {} is checked and good\n", folder, made,
                                cluster.name);
  for (const NewNode& node : cluster.nodes)
    out += fmt::format("  {}/{}  for {} {}, {}\n", folder, node.name,
                       node.witness ? "witness" : "node", node.name, node.host);
  return out +
         fmt::format(
             "Each goes to its host, as a whole and nowhere else: it holds the private key of "
             "its node.\n{0}/NODE{1}/README says how it is installed there.\n",
             folder, cluster.config_dir);
}

}  // namespace

Outcome command_init(const Request& request, Environment& environment) {
  const auto answers = answers_to(request, environment);
  if (!answers) return failed(exit_usage, answers.error().detail);
  auto cluster = new_cluster(*answers, request.pair);
  if (!cluster) return failed(exit_usage, cluster.error().detail);
  BundleInputs inputs;
  auto mistakes = read_inputs(*answers, environment, *cluster, inputs);
  if (!mistakes) return failed(exit_usage, mistakes.error().detail);
  for (const Mistake& mistake :
       check_whole_topology(bundle_topology(*cluster), cluster->config_dir + "/topology.toml"))
    *mistakes += mistake.text() + "\n";
  if (!mistakes->empty())
    return {.exit = exit_mistakes,
            .out = *mistakes,
            .error = "nothing is written: a cluster by these answers would not start"};

  const std::string folder = request.arguments.empty() ? usual_folder : request.arguments[0];
  const auto bundles = bundles_of(*cluster, inputs, folder, request.tar, environment);
  if (!bundles) return failed(exit_not_answered, bundles.error().detail);
  if (const auto paths = in_the_way(*bundles, environment); !paths.empty())
    return failed(exit_not_answered,
                  fmt::format("nothing is written: {} {} there and would be another by these "
                              "answers; begin in another folder",
                              fmt::join(paths, ", "), paths.size() == 1 ? "is" : "are"));
  const auto made = write_missing(*bundles, environment);
  if (!made) return failed(exit_not_answered, made.error().detail);
  if (request.json) return {.out = list_json("made", *made)};
  if (made->empty())
    return {.out = fmt::format("{}: all of it is there, nothing is changed\n", folder)};
  return {.out = told(*cluster, folder, made->size())};
}

}  // namespace paceline::pacelinectl
