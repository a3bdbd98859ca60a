#include "services/pacelinectl/arguments.h"

#include <CLI/CLI.hpp>
#include <sstream>

namespace paceline {
namespace {

constexpr const char* exit_codes =
    "Exit codes: 0 fine; 1 nobody answered, or the answer was no; 2 the command line, or a file "
    "that\n"
    "cannot be read; 3 a check found mistakes.";

/// Adds commands to the application; each fills the one request.
class CommandLine {
 public:
  explicit CommandLine(CLI::App& app) : app_{app} {
    app.add_option("--topology", request_.topology, "the cluster's topology file")
        ->envname("PACELINE_TOPOLOGY")
        ->capture_default_str();
    app.add_option("--node", request_.node, "the node to ask (default: the one that runs here)")
        ->envname("PACELINE_NODE");
    app.add_flag("--json", request_.json, "answer in JSON");
    app.require_subcommand(1);
    app.footer(exit_codes);
    add_questions();
    add_files();
  }

  const Request& request() const { return request_; }

 private:
  CLI::App* command(CLI::App& parent, const std::string& name, const std::string& help) {
    CLI::App* added = parent.add_subcommand(name, help);
    added->fallthrough();
    const bool top = &parent == &app_;
    added->callback([this, added, whole = top ? name : parent.get_name() + " " + name] {
      if (added->get_subcommands().empty()) request_.command = whole;
    });
    return added;
  }

  CLI::Option* word(CLI::App* command, const std::string& name, const std::string& help) {
    return command->add_option_function<std::string>(
        name, [this](const std::string& value) { request_.words.push_back(value); }, help);
  }

  void filter(CLI::App* command, const std::string& option, const std::string& parameter,
              const std::string& help) {
    command->add_option_function<std::string>(
        option,
        [this, parameter](const std::string& value) {
          request_.filters.emplace_back(parameter, value);
        },
        help);
  }

  void add_questions() {
    command(app_, "status", "who is master, and how every node does");
    CLI::App* targets =
        command(app_, "targets", "every pacing target: agents, invitations, reason");
    filter(targets, "--search", "q", "part of id, group or queue");
    filter(targets, "--channel", "channel", "of this media channel only");
    filter(targets, "--state", "state", "ok, degraded, stale or disabled");
    filter(targets, "--reason", "reason", "of this reason only");
    filter(targets, "--sort", "sort", "by this column; -COLUMN for descending");
    filter(targets, "--limit", "limit", "at most so many");
    word(command(*targets, "check", "every mistake of a targets file"), "FILE", "the targets file")
        ->required();
    CLI::App* difference =
        command(*targets, "diff", "what would change: against what runs, or another file");
    word(difference, "FILE", "the targets file, new if it stands alone, else old")->required();
    word(difference, "OTHER", "the new one (default: FILE is compared with what runs)");
    CLI::App* import = command(*targets, "import",
                               "checks a targets file and replaces another by it, as TOML or CSV");
    word(import, "FROM", "the file to read")->required();
    word(import, "TO", "the file to replace; .csv makes it CSV (default: the topology's)");
    CLI::App* exported = command(*targets, "export", "what runs, as a targets file");
    word(exported, "FILE", "where to (default: standard output)");
    exported->add_flag("--csv", request_.csv, "as CSV, whatever the file is called");
    word(command(app_, "explain", "the last decision about a target, step by step"), "TARGET",
         "its id")
        ->required();
    add_decide();
    command(app_, "election", "what the electors believe, and the last transitions");
    word(command(app_, "handover", "asks the master to hand over"), "NODE",
         "to this node (default: the best)");
    word(command(app_, "metrics", "the figures of a process, as Prometheus reads them"), "PROCESS",
         "statfeed, pacer-0, elector, publisher or watch")
        ->required();
    word(command(app_, "reload", "read topology and targets again; wrong files change nothing"),
         "PROCESS",
         "statfeed, pacer (all), pacer-0, elector, publisher or watch; all when left out");
    CLI::App* record =
        command(app_, "record", "has statfeed write down what it hears; alone: how that stands");
    word(record, "FILE", "a new file, on this host");
    record->add_option("--for", request_.length, "how long, as 90s, 1h (default) or 24h");
    record->add_flag("--stop", request_.stop, "end it now");
    word(command(*record, "check", "what a recorded feed holds, and where it is damaged"), "FILE",
         "the recorded feed")
        ->required();
    CLI::App* loglevel = command(app_, "loglevel", "how much a process logs, until it restarts");
    word(loglevel, "PROCESS", "statfeed, pacer (all), pacer-0, elector, publisher or watch")
        ->required();
    word(loglevel, "LEVEL", "debug, info, warn or error")->required();
    command(app_, "version", "the version of this program");
  }

  void add_decide() {
    CLI::App* decide = command(app_, "decide",
                               "the pacing engine: JSON lines of statistics in, decisions out "
                               "(services/pacer/README.md)");
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
    PacingTuning& tuning = wish.tuning;
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

  void add_files() {
    CLI::App* topology = command(app_, "topology", "checks and shows a topology file");
    topology->require_subcommand(1);
    CLI::App* check = command(*topology, "check", "every mistake, with line and column");
    word(check, "FILE", "the topology file (default: --topology)");
    check->add_option("--supervisor", request_.supervisor_file,
                      "a supervisord configuration that has to match");
    word(command(*topology, "draw", "who talks to whom"), "FILE",
         "the topology file (default: --topology)");
    CLI::App* supervisor = command(
        *topology, "supervisor", "supervisord's groups: of --node, or of all nodes on one machine");
    word(supervisor, "FILE", "the topology file (default: --topology)");
    supervisor->add_option("--bin", request_.bin_dir,
                           "where the programs are (default: beside pacelinectl)");
    word(command(app_, "keys", "makes the key pairs that are missing: of --node, or of all nodes"),
         "FILE", "the topology file (default: --topology)");
  }

  CLI::App& app_;
  Request request_;
};

}  // namespace

std::variant<Request, Outcome> parse_arguments(int argc, const char* const* argv) {
  CLI::App app{"pacelinectl asks the processes of a Paceline cluster, and checks its files",
               "pacelinectl"};
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
  return line.request();
}

}  // namespace paceline
