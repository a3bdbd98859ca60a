#include "services/pacelinectl/arguments.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <optional>
#include <sstream>

#include "common/base/cluster_bounds.h"
#include "services/pacelinectl/command_details.h"
#include "services/pacelinectl/command_line.h"
#include "services/pacelinectl/init_wishes.h"

namespace paceline::pacelinectl {
namespace {

constexpr const char* exit_codes =
    "Exit codes: 0 fine; 1 nobody answered, or the answer was no; 2 the command line, or a file\n"
    "that cannot be read; 3 a check found mistakes, or the topology file has one.";

/// Adds commands to the application; each fills the one request.
class CommandLine {
 public:
  explicit CommandLine(CLI::App& app) : app_{app} {
    several(app, "--topology", request_.topology, request_.topologies, "FILE",
            "the cluster's topology file; again for another cluster beside it")
        ->envname("PACELINE_TOPOLOGY")
        ->default_str(request_.topology);
    app.add_option("--node", request_.node, "the node to ask (default: the one that runs here)")
        ->type_name("NODE")
        ->envname("PACELINE_NODE");
    CLI::Option* url = several(app, "--url", request_.url, request_.urls, "URL",
                               "ask this watch alone, from any host: no topology is read; status, "
                               "top, targets, explain, events, metrics, history and compliance; "
                               "again for another cluster beside it");
    // Not so the token, which may stand in the environment for good.
    text(app, "--ca-file", request_.ca_file, "FILE",
         "with --url: the authorities that vouch for it (default: the system's)")
        ->needs(url);
    text(app, "--token-file", request_.token_file, "FILE",
         "with --url: a file with its read token (default: the variable PACELINE_TOKEN)")
        ->envname("PACELINE_TOKEN_FILE");
    app.add_flag("--json", request_.json, "answer in JSON");
    app.require_subcommand(1);
    app.footer(exit_codes);
    add_questions();
    add_tools();
    add_files();
  }

  const Request& request() const { return request_; }

 private:
  CLI::App* command(CLI::App& parent, const std::string& name, const std::string& help) {
    CLI::App* added = parent.add_subcommand(name, help);
    added->fallthrough();
    const bool top = &parent == &app_;
    const std::string whole = top ? name : parent.get_name() + " " + name;
    added->footer(std::string{details_of(whole)});
    added->callback([this, added, whole] {
      if (added->get_subcommands().empty()) request_.command = whole;
    });
    return added;
  }

  CLI::Option* argument(CLI::App* command, const std::string& name, const std::string& help) {
    return command->add_option_function<std::string>(
        name, [this](const std::string& value) { request_.arguments.push_back(value); }, help);
  }

  CLI::Option* text(CLI::App& command, const std::string& name, std::string& into,
                    const std::string& value_name, const std::string& help) {
    return command.add_option(name, into, help)->type_name(value_name);
  }

  /// What may be given more than once; the first stands alone too.
  static CLI::Option* several(CLI::App& command, const std::string& name, std::string& first,
                              std::vector<std::string>& all, const std::string& value_name,
                              const std::string& help) {
    return command
        .add_option_function<std::vector<std::string>>(
            name,
            [&first, &all](const std::vector<std::string>& values) {
              all = values;
              first = values.front();
            },
            help)
        ->type_name(value_name)
        ->allow_extra_args(false);
  }

  CLI::Option* targets_argument(CLI::App* command, const std::string& help) {
    return command->add_option_function<std::vector<std::string>>(
        "TARGET", [this](const std::vector<std::string>& ids) { request_.arguments = ids; }, help);
  }

  void filter(CLI::App* command, const std::string& option, const std::string& parameter,
              const std::string& value_name, const std::string& help) {
    command
        ->add_option_function<std::string>(
            option,
            [this, parameter](const std::string& value) {
              request_.filters.emplace_back(parameter, value);
            },
            help)
        ->type_name(value_name);
  }

  void limit(CLI::App* command, const std::string& help) {
    command->add_option("--limit", request_.limit, help)->type_name("N");
  }

  void add_questions() {
    command(app_, "status", "who is master, and how every node does");
    command(app_, "top", "the cluster and its targets, live")
        ->add_option("--interval", request_.seconds, "seconds between two refreshes (default: 1)")
        ->type_name("SECONDS")
        ->check(CLI::Range(0.2, 3600.0));
    add_targets();
    CLI::App* explain = command(app_, "explain", "the last decision about a target, step by step");
    argument(explain, "TARGET", "its id")->required();
    explain->add_flag("--all", request_.all, "the figures that are zero too");
    add_what_if();
    add_past();
    add_messages();
    add_decide();
    command(app_, "election", "what the electors believe, and the last transitions");
    CLI::App* statserver =
        command(app_, "statserver", "which Stat Server, or sender of a feed, a node uses, and why");
    command(*statserver, "status", "the same");
    command(*statserver, "switch", "has the node use the other one, if that is usable");
    command(*statserver, "unseen", "every statistic that the one in use does not know");
    add_orders();
    add_processes();
    add_record();
  }

  // Each waits for what comes of it.
  CLI::App* order(const std::string& name, const std::string& help) {
    CLI::App* order = command(app_, name, help);
    order
        ->add_option("--timeout", request_.timeout_s,
                     "how long to wait for what comes of it; 0 = not at all (default: 15)")
        ->type_name("SECONDS")
        ->check(CLI::Range(0.0, 3600.0));
    return order;
  }

  void why(CLI::App* order) {
    order
        ->add_option("--why", request_.why,
                     "the reason, for whoever looks; who orders it is told beside it")
        ->type_name("TEXT")
        ->check(
            [](const std::string& text) {
              return text.size() <= max_why_bytes
                         ? ""
                         : fmt::format("{} bytes, at most {}", text.size(), max_why_bytes);
            },
            "");
  }

  void add_orders() {
    argument(order("handover", "has the master hand over"), "NODE",
             "to this node (default: the best)");
    why(order("pause", "no invitations at all, until resume"));
    order("resume", "ends a pause");
    CLI::App* drain = order("drain", "takes a node of this host out of service: it is not master");
    argument(drain, "NODE", "of this host (default: --node)");
    why(drain);
    drain->add_flag("--force", request_.force, "also if no other node could take over");
    argument(order("undrain", "takes it back"), "NODE", "of this host (default: --node)");
    CLI::App* wait = order("wait", "until a node could be master or is; until a witness is heard");
    argument(wait, "NODE", "default: --node");
    wait->add_flag("--published", request_.published,
                   "until its publisher paces by the targets file that is there, and the endpoint "
                   "has accepted that of a master");
    named_flag(wait, "accepted",
               "and the endpoint has: another node that is master is not waited for")
        ->needs("--published");
    wait->add_option_function<std::vector<std::string>>(
            "--sees", [this](const std::vector<std::string>& ids) { request_.targets = ids; },
            "until it has statistics of this target; may be given again")
        ->type_name("TARGET")
        ->allow_extra_args(false);
  }

  void add_messages() {
    CLI::App* watch = command(app_, "watch", "follows a bus channel, decoded");
    argument(watch, "CHANNEL", "stat, pace, feedback, heartbeat, vote, grant or publication")
        ->required();
    text(*watch, "--target", request_.only, "TARGET", "the rows of this target only");
    limit(watch, "ends after so many lines");
    CLI::App* schema =
        command(app_, "schema", "the fields of every message, with units, ranges and meanings");
    argument(schema, "MESSAGE", "of this message only: pace, grant, ...");
    schema->add_flag("--markdown", request_.markdown, "as it stands in the documentation");
  }

  void add_processes() {
    argument(command(app_, "metrics", "the metrics of a process, as Prometheus reads them"),
             "PROCESS", "statfeed, pacer-0, elector, publisher or watch")
        ->required();
    argument(command(app_, "reload",
                     "read topology and targets again; a process that finds mistakes goes on as "
                     "before"),
             "PROCESS",
             "statfeed, pacer (all), pacer-0, elector, publisher or watch; all when left out");
    CLI::App* loglevel = command(app_, "loglevel", "how much a process logs, until it restarts");
    argument(loglevel, "PROCESS", "statfeed, pacer (all), pacer-0, elector, publisher or watch")
        ->required();
    argument(loglevel, "LEVEL", "debug, info, warn or error")->required();
  }

  void add_record() {
    CLI::App* record =
        command(app_, "record", "has statfeed write down what it hears; alone: how that stands");
    argument(record, "FILE", "a new file, on this host");
    record->add_option("--for", request_.length, "how long, as 90s, 1h (default) or 24h");
    record->add_flag("--stop", request_.stop, "end it now");
    argument(command(*record, "check", "what a recorded feed holds, and where it is damaged"),
             "FILE", "the recorded feed")
        ->required();
  }

  void add_tools() {
    command(app_, "bench", "how many decisions a second this machine makes")
        ->add_option("--seconds", request_.seconds, "to measure for (default: 2)")
        ->type_name("SECONDS")
        ->check(CLI::Range(0.1, 60.0));
    argument(command(app_, "completion", "a script that completes commands in a shell"), "SHELL",
             "bash, zsh or fish")
        ->required();
    CLI::App* man = command(app_, "man", "the manual page, for man -l -");
    argument(man, "COMMAND", "of this command only");
    text(*man, "--dir", request_.only, "FOLDER", "writes all pages into this folder");
    command(app_, "version", "the version of this program");
  }

  // Of a script that goes from host to host.
  void steps(CLI::App* plan) {
    text(*plan, "--shell", request_.shell, "WORDS",
         "what leads to another host, {host} and {node} replaced (default: ssh -o BatchMode=yes "
         "{host})");
    filter(plan, "--service", "service", "WORDS",
           "what starts, stops, restarts and reloads the processes of a host, {verb} replaced "
           "(default: systemctl {verb} paceline)");
  }

  CLI::Option* on_all_nodes(CLI::App* import) {
    CLI::Option* everywhere = import->add_flag("--cluster", request_.cluster,
                                               "on all nodes, and reload them; or on none");
    import->add_flag("--yes", request_.yes, "with --cluster: nobody is asked")->needs(everywhere);
    import
        ->add_option("--shell", request_.shell,
                     "with --cluster: what leads to another host, {host} and {node} replaced "
                     "(default: ssh -o BatchMode=yes {host})")
        ->type_name("WORDS")
        ->needs(everywhere);
    import
        ->add_option("--timeout", request_.timeout_s,
                     "with --cluster: wait so long for each node to work by it (default: 15)")
        ->type_name("SECONDS")
        ->check(CLI::Range(1.0, 3600.0))
        ->needs(everywhere);
    return everywhere;
  }

  /// A flag that is seldom given: given() has it under its name.
  CLI::Option* named_flag(CLI::App* to, const std::string& name, const std::string& help) {
    return to->add_flag_callback(
        "--" + name, [this, name] { request_.filters.emplace_back(name, "yes"); }, help);
  }
  void replaces(CLI::App* import) {
    filter(import, "--replaces", "replaces", "STATE",
           "only if what is there is what --json called `was`");
  }

  void add_targets() {
    CLI::App* targets =
        command(app_, "targets", "every pacing target: agents, invitations, reason");
    filter(targets, "--search", "q", "TEXT", "part of id, group or queue");
    filter(targets, "--channel", "channel", "MEDIUM", "of this media channel only");
    filter(targets, "--state", "state", "STATE", "ok, degraded, stale or disabled");
    filter(targets, "--reason", "reason", "REASON", "of this reason only");
    filter(targets, "--quality", "quality", "QUALITY", "not_visible, stale, provisional or good");
    filter(targets, "--sort", "sort", "COLUMN", "by this column; -COLUMN for descending");
    filter(targets, "--limit", "limit", "N", "at most so many");
    targets->add_flag("--ids", request_.ids, "the ids alone, one a line");
    argument(command(*targets, "check", "every mistake of a targets file"), "FILE",
             "the targets file")
        ->required();
    CLI::App* difference =
        command(*targets, "diff", "what would change: against what runs, or another file");
    argument(difference, "FILE",
             "the targets file, new if it stands alone, else old (default: the topology's)");
    argument(difference, "OTHER", "the new one (default: FILE is compared with what runs)");
    CLI::App* import = command(*targets, "import",
                               "checks a targets file and replaces another by it, as TOML or CSV");
    argument(import, "FROM", "the file to read; - is standard input")->required();
    CLI::Option* to =
        argument(import, "TO", "the file to replace; .csv makes it CSV (default: the topology's)");
    CLI::Option* dry_run = import->add_flag("--dry-run", request_.dry_run,
                                            "tells what would change, and changes nothing");
    replaces(import);
    CLI::Option* add = import->add_flag("--add", request_.add,
                                        "adds them to those that are there, or takes their place");
    import
        ->add_flag("--held", request_.held,
                   "with --add: those that are new are switched off, the others stay as they are")
        ->needs(add);
    const char* reloads = "and has the processes here read it";
    CLI::Option* reload = named_flag(import, "reload", reloads)->excludes(to)->excludes(dry_run);
    on_all_nodes(import)->excludes(to)->excludes(dry_run)->excludes(add)->excludes(reload);
    CLI::App* remove = command(*targets, "remove", "takes targets out of the topology's file");
    targets_argument(remove, "its id; more may follow")->required();
    named_flag(remove, "reload", reloads);
    CLI::App* move = command(
        *targets, "move", "the steps that take targets from one cluster to another, as a script");
    targets_argument(move, "its id; more may follow")->required();
    for (const char* end : {"from", "to"})
      move->add_option_function<std::string>(
              std::string{"--"} + end,
              [this, end](const std::string& file) { request_.filters.emplace_back(end, file); },
              std::string{"the topology file of the cluster "} +
                  (end[0] == 'f' ? "that paces them" : "that is to pace them"))
          ->type_name("FILE")
          ->required();
    text(*move, "--shell", request_.shell, "WORDS",
         "what leads to another host, {host} and {node} replaced (default: ssh -o BatchMode=yes "
         "{host})");
    argument(command(*targets, "rollback", "what the last import replaced takes its place again"),
             "FILE", "the targets file (default: the topology's)");
    CLI::App* exported = command(*targets, "export", "what runs, as a targets file");
    argument(exported, "FILE", "where to (default: standard output)");
    exported->add_flag("--csv", request_.csv, "as CSV, whatever the file is called");
  }

  void add_what_if() {
    CLI::App* what_if =
        command(app_, "what-if", "what a target would get if its numbers were others");
    argument(what_if, "TARGET", "its id")->required();
    filter(what_if, "--agents", "agents", "N", "agents logged in");
    filter(what_if, "--idle", "idle", "N", "agents free now");
    filter(what_if, "--busy", "busy", "N", "agents handling an interaction");
    filter(what_if, "--wrap-up", "wrap_up", "N", "agents in after-call work");
    filter(what_if, "--queue", "queue", "N", "interactions waiting");
    filter(what_if, "--pending", "pending", "N", "invitations outstanding");
    filter(what_if, "--goal", "goal", "PERCENT", "optimizationGoal, 1..99");
    filter(what_if, "--ratio", "ratio", "PERCENT", "proactiveRatio, 0..100");
    filter(what_if, "--algorithm", "algorithm", "ALGORITHM", "SUPER_PROGRESSIVE, ...");
    filter(what_if, "--optimization-target", "optimization_target", "GOAL",
           "ABANDONMENT_RATE, SERVICE_LEVEL or BUSY_FACTOR");
    filter(what_if, "--refreshes", "refreshes", "N",
           "refresh periods for which all is held, 1..100 (default: 5)");
    what_if->add_flag("--all", request_.all, "the figures that stay the same too");
  }

  void add_past() {
    CLI::App* history = command(app_, "history", "the last hours or days of a target");
    argument(history, "TARGET", "its id")->required();
    filter(history, "--from", "from", "TIME", "from then on");
    filter(history, "--to", "to", "TIME", "until then");
    filter(history, "--step", "step", "DURATION", "between two rows, as 5m");
    history->add_flag("--csv", request_.csv, "comma separated, times in UTC");
    CLI::App* compliance = command(
        app_, "compliance", "what was offered, answered and abandoned on each day of a target");
    argument(compliance, "TARGET", "its id")->required();
    filter(compliance, "--from", "from", "DATE", "from that day of its calendar on");
    filter(compliance, "--to", "to", "DATE", "until that day");
    filter(compliance, "--rolling", "rolling", "DAYS", "of the rolling window");
    compliance->add_flag("--csv", request_.csv, "comma separated");
    CLI::App* events = command(app_, "events", "what happened: masters, switches, refusals");
    limit(events, "the last so many");
    events->add_flag("--follow,-f", request_.follow, "goes on with what happens now");
  }

  void add_decide() {
    CLI::App* decide = command(app_, "decide",
                               "the pacing engine: JSON lines of statistics in, decisions out "
                               "(services/pacelinectl/DECIDE.md)");
    DecideSettings& wish = request_.decide;
    decide->add_option("--seed", wish.seed, "of the draws that dither")->capture_default_str();
    decide->add_flag("--brief", wish.brief, "answers without the figures");
    parsed_option(decide, "--algorithm", "of targets that name none", parse_algorithm,
                  wish.options.algorithm);
    parsed_option(decide, "--optimization-target", "ABANDONMENT_RATE or BUSY_FACTOR",
                  parse_optimization_target, wish.options.optimization_target);
    decide->add_option("--optimization-goal", wish.options.optimization_goal, "percent")
        ->check(CLI::Range(1, 99))
        ->capture_default_str();
    decide->add_option("--proactive-ratio", wish.options.proactive_ratio, "percent; _DUAL only")
        ->check(CLI::Range(0, 100))
        ->capture_default_str();
    decide
        ->add_option_function<double>(
            "--refresh-period",
            [&wish](double s) { wish.options.refresh_period = from_seconds(s); },
            "seconds between two decisions (default: 2)")
        ->check(CLI::Range(0.1, 60.0));
    pacer::PacingTuning& tuning = wish.tuning;
    decide->add_option("--goal-share", tuning.goal_share, "least share of the goal steered to")
        ->check(CLI::Range(0.5, 1.0))
        ->capture_default_str();
    decide->add_option("--reactive-goal", tuning.reactive_goal_percent, "percent; _DUAL only")
        ->check(CLI::Range(1.0, 99.0))
        ->capture_default_str();
    decide->add_option("--warm-up-answers", tuning.warm_up_answers, "1:1 until so many are known")
        ->check(CLI::Range(0, 10'000))
        ->capture_default_str();
    decide->add_option("--ceiling", tuning.ceiling_per_slot, "expected acceptances a slot")
        ->check(CLI::Range(0.1, 100.0))
        ->capture_default_str();
    decide->add_option("--accounting-window", tuning.window_s, "seconds")
        ->check(CLI::Range(60.0, 31'536'000.0))
        ->capture_default_str();
  }

  template <class Value>
  void parsed_option(CLI::App* decide, const std::string& name, const std::string& help,
                     Result<Value> (*parse)(std::string_view), Value& into) {
    decide->add_option_function<std::string>(
        name,
        [name, parse, &into](const std::string& word) {
          const auto value = parse(word);
          if (!value) throw CLI::ValidationError(name, value.error().detail);
          into = *value;
        },
        help);
  }

  void add_init() {
    CLI::App* init = command(app_, "init", "the configuration of a new cluster, a bundle a node");
    argument(init, "FOLDER", "where the bundles are made (default: paceline-bundles)");
    for (const InitWish& wish : init_wishes()) {
      std::string help{wish.help};
      if (!wish.fallback.empty()) help += " (default: " + std::string{wish.fallback} + ")";
      filter(init, "--" + std::string{wish.key}, std::string{wish.key}, std::string{wish.value},
             help);
    }
    init->add_flag("--pair", request_.pair,
                   "two nodes without a witness: both may publish while their link is cut");
    init->add_flag("--tar", request_.tar, "packs each bundle as NODE.tar.gz too");
  }

  void started_as(CLI::App* command) {
    text(*command, "--bin", request_.bin_dir, "FOLDER",
         "where the programs are (default: beside pacelinectl)");
    text(*command, "--user", request_.user, "USER", "as whom they run");
  }

  void add_check() {
    CLI::App* check = command(app_, "check",
                              "all that can be known of this node before its start and while it "
                              "runs, and what to do");
    check->add_flag("--plugin", request_.plugin, "one line and exit codes as plugins of Nagios");
    check->add_flag("--offline", request_.offline, "files and this host alone: nobody is asked");
    text(*check, "--supervisor", request_.supervisor_file, "FILE",
         "supervisord's configuration with this node's group (default: that of "
         "/etc/supervisor/conf.d)");
  }

  void add_support_bundle() {
    CLI::App* bundle = command(app_, "support-bundle",
                               "settings, states, logs and decisions of this node in one archive, "
                               "secrets hidden");
    bundle
        ->add_option_function<std::vector<std::string>>(
            "--target", [this](const std::vector<std::string>& ids) { request_.targets = ids; },
            "with the last decision and hour of this target; may be given again")
        ->type_name("TARGET")
        ->allow_extra_args(false);
    text(*bundle, "--output", request_.output, "FILE",
         "the archive (default: paceline-support-NODE-TIME.tar.gz here)");
  }

  void add_files() {
    add_init();
    add_check();
    add_support_bundle();
    CLI::App* topology = command(app_, "topology", "checks and shows a topology file");
    topology->require_subcommand(1);
    CLI::App* check = command(*topology, "check", "every mistake, with line and column");
    argument(check, "FILE", "the topology file (default: --topology)");
    text(*check, "--supervisor", request_.supervisor_file, "FILE",
         "a supervisord configuration that has to match");
    argument(command(*topology, "draw", "who talks to whom"), "FILE",
             "the topology file (default: --topology)");
    argument(command(*topology, "diff", "what another topology file would change"), "FILE",
             "the new one; - is standard input")
        ->required();
    CLI::App* import = command(*topology, "import", "checks a file and replaces --topology by it");
    argument(import, "FILE", "the new one; - is standard input")->required();
    replaces(import);
    on_all_nodes(import);
    on_all_nodes(command(*topology, "edit", "an editor on a copy of it, which is then imported"));
    CLI::App* plan = command(
        *topology, "plan", "the steps to another topology file on a running cluster, as a script");
    argument(plan, "FILE", "the new one; - is standard input")->required();
    steps(plan);
    command(*topology, "rollback", "what the last import replaced takes its place again");
    CLI::App* rename = command(*topology, "rename",
                               "gives the cluster another name, under which terms begin anew");
    argument(rename, "NEW-NAME", "of the cluster")->required();
    argument(rename, "FILE", "the topology file (default: --topology)");
    CLI::App* supervisor = command(
        *topology, "supervisor", "supervisord's groups: of --node, or of all nodes on one machine");
    argument(supervisor, "FILE", "the topology file (default: --topology)");
    started_as(supervisor);
    supervisor
        ->add_option("--log-dir", request_.log_dir,
                     "where the logs go, as NODE-PROCESS.log (default: log of the node in run_dir)")
        ->type_name("FOLDER");
    supervisor->add_flag("--folders", request_.folders,
                         "makes the folders of the logs, as supervisord does not");
    CLI::App* units =
        command(*topology, "units", "the units of systemd that run --node without supervisord");
    argument(units, "FILE", "the topology file (default: --topology)");
    started_as(units);
    units->add_option("--dir", request_.only, "writes them into this folder")->type_name("FOLDER");
    CLI::App* keys =
        command(app_, "keys",
                "makes the key pairs that are missing: of --node, or of all nodes and senders");
    argument(keys, "FILE", "the topology file (default: --topology)");
    argument(command(*keys, "check", "whose keys are here, whether they are whole and private"),
             "FILE", "the topology file (default: --topology)");
    argument(command(*keys, "export", "the public key of a node, as a line for keys import"),
             "NODE", "default: that of --node, else whose private key is here");
    CLI::App* keys_import =
        command(*keys, "import", "takes public keys of other hosts, as keys export writes them");
    argument(keys_import, "FILE", "the lines; - is standard input")->required();
    CLI::App* keys_plan = command(
        *keys, "plan", "the steps to another pair of keys on a running cluster, as a script");
    argument(keys_plan, "NODE", "whose pair (default: --node)");
    steps(keys_plan);
    keys_import->add_flag("--replace", request_.replace,
                          "takes another key of a node that has one here");
  }

  CLI::App& app_;
  Request request_;
};

CommandRule rule_of(const CLI::App& app) {
  CommandRule rule{.name = app.get_name(),
                   .summary = app.get_description(),
                   .details = app.get_footer(),
                   .arguments = {},
                   .options = {},
                   .commands = {}};
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) {
      rule.arguments.push_back(
          {option->get_name(true), option->get_description(), option->get_required()});
      continue;
    }
    if (option->get_lnames().empty()) continue;
    const bool flag = option->get_items_expected_max() == 0;
    rule.options.push_back({.name = "--" + option->get_lnames().front(),
                            .value = flag ? std::string{} : option->get_type_name(),
                            .help = option->get_description(),
                            .environment = option->get_envname(),
                            .fallback = flag ? std::string{} : option->get_default_str()});
  }
  for (const CLI::App* command : app.get_subcommands({}))
    rule.commands.push_back(rule_of(*command));
  return rule;
}

// The shells' own question (complete.h): its words are half typed, so no rule holds for them.
std::optional<Request> completion_request(int argc, const char* const* argv) {
  Request request;
  if (const char* token = std::getenv("PACELINE_TOKEN")) request.token = token;
  if (const char* file = std::getenv("PACELINE_TOPOLOGY")) request.topology = file;
  if (const char* node = std::getenv("PACELINE_NODE")) request.node = node;
  int first = 1;
  for (; first + 1 < argc && std::string_view{argv[first]}.starts_with("--"); first += 2) {
    if (std::string_view{argv[first]} == "--topology") request.topology = argv[first + 1];
    if (std::string_view{argv[first]} == "--node") request.node = argv[first + 1];
  }
  if (first >= argc || std::string_view{argv[first]} != "__complete") return std::nullopt;
  request.command = argv[first];
  request.arguments.assign(argv + first + 1, argv + argc);
  return request;
}

constexpr const char* about =
    "pacelinectl asks the processes of a Paceline cluster, and checks its files";

}  // namespace

const CommandRule* CommandRule::find(std::string_view command) const {
  for (const CommandRule& rule : commands)
    if (rule.name == command) return &rule;
  return nullptr;
}

const CommandRule& command_line() {
  static const CommandRule rule = [] {
    CLI::App app{about, "pacelinectl"};
    const CommandLine line{app};
    return rule_of(app);
  }();
  return rule;
}

std::variant<Request, Outcome> parse_arguments(int argc, const char* const* argv) {
  if (auto request = completion_request(argc, argv)) return *std::move(request);
  CLI::App app{about, "pacelinectl"};
  CommandLine line{app};
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    const int exit = app.exit(error, out, err);
    std::string why = err.str();
    while (why.ends_with('\n')) why.pop_back();
    return Outcome{exit == 0 ? exit_fine : exit_usage, out.str(), why};
  }
  Request request = line.request();
  if (const char* token = std::getenv("PACELINE_TOKEN")) request.token = token;
  for (const char* name : {"VISUAL", "EDITOR"})
    if (const char* editor = std::getenv(name); request.command == "topology edit" && editor)
      request.filters.emplace_back("editor", editor);
  return request;
}

}  // namespace paceline::pacelinectl
