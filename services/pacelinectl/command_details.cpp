#include "services/pacelinectl/command_details.h"

#include <array>
#include <utility>

namespace paceline::pacelinectl {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 37> all_details = {{
    {"status",
     R"(One screen: what is wrong and what to do about it, worst first; who is master since when, a line
a node, what the pacing comes to. Any node's watch answers; ours is asked first. `stops`: invitations
do not go out as they should; `endangers`: one more failure may stop them; `tells`: good to know. Of several
clusters a line each before their screens, the worst first.

Examples:
  pacelinectl status
  pacelinectl status --topology north.toml --topology south.toml
  pacelinectl status --json | jq -r .master)"},
    {"top",
     R"(Live, like top(1): the cluster above, the targets below. Needs a terminal.

Keys: q quits; c goes to the next of several clusters; s and S sort by the next and the one before, r turns the order; arrows, page up and
down, home scroll; f shows one state only (all, ok, degraded, stale, disabled); / searches id,
group and queue, escape forgets the search; h shows the keys.)"},
    {"targets",
     R"(A line a target. Percentages: ACCEPT of invitations answered yes, ABANDON of accepted ones
that left the queue. HELD: interactions that agents hold, of those that they may hold at once; "-"
where the site does not tell. Sort words: id, channel, state, reason, quality, proactive, max_pending,
pending, logged_in, ready, busy, after_call_work, in_handling, in_queue, acceptance, abandonment,
busy_factor, reactive_state, sent, accepted.

Examples:
  pacelinectl targets --reason goal_guard --sort -abandonment --limit 10
  pacelinectl targets --state stale --ids | xargs -n1 pacelinectl explain)"},
    {"explain",
     R"(The last decision about a target, in a sentence and in the order in which it was made: what was known, how it is
to be paced, what was learned, the steps, the result. --all shows the figures that are zero too.

Examples:
  pacelinectl explain t07
  pacelinectl explain t07 --json | jq '.steps[] | select(.name == "m_model")')"},
    {"what-if",
     R"(The pacer's own engine decides on the live inputs and what the target has learned, once as they
are and once with the changes, and shows both side by side. Nothing changes in the running system.
The inputs are held for --refreshes periods, so that what may only grow step by step settles.
More agents count as idle ones; fewer are taken from the idle ones first.

Examples:
  pacelinectl what-if t07 --agents 12
  pacelinectl what-if t07 --goal 5 --json)"},
    {"history",
     R"(What watch kept of a target. Times are 2026-11-25T03:00:00Z, 2026-11-25T03:00, now, or ago:
-90m, -6h. Without --from it is what watch gives by itself.

Examples:
  pacelinectl history t07 --from 2026-11-25T03:00 --to 2026-11-25T04:00
  pacelinectl history t07 --from=-2h --csv > t07.csv)"},
    {"compliance",
     R"(What was offered (visitors who accepted an invitation), answered and abandoned on each day of a
target, by the calendar of its options time_zone and day_begins; the rate of the day and of the rolling
window that ends with it; the goal in force. Each day that is over has a digest of itself and of all days
before: where one was changed, removed or added later, the command says so and exits with 3.
--rolling is by default what the option rolling_days says.

Examples:
  pacelinectl compliance t07 --from 2026-11-01 --to 2026-11-30
  pacelinectl compliance t07 --rolling 30 --csv > t07.csv)"},
    {"events",
     R"(Transitions as watch saw them, oldest first: who became master and why, Stat Servers, channels
that fell silent, refusals.

Examples:
  pacelinectl events --limit 20
  pacelinectl events --follow)"},
    {"watch",
     R"(Follows a bus channel: a line for each row that changed, or for each message of a channel
without rows. CHANNEL is stat, pace, feedback, heartbeat, vote, grant or publication. Channels
between nodes need the node's key, so the rights of the user that runs Paceline.

Examples:
  pacelinectl watch pace --target t07
  pacelinectl watch heartbeat --limit 10 --json)"},
    {"schema",
     R"(Every structure that crosses a process boundary, as the code describes it: the same list makes the
messages, checks their ranges and writes them as JSON.

Examples:
  pacelinectl schema pace
  pacelinectl schema --json | jq -r '.[] | .name')"},
    {"bench",
     R"(Measures how many decisions one core of this machine makes in a second, with the engine that
the pacer runs, and what 10,000 targets would cost. It takes a core for the time it runs.)"},
    {"metrics",
     R"(Prometheus reads the same at watch's /metrics, for all processes of a node at once.

Example:
  pacelinectl metrics publisher | promtool check metrics)"},
    {"completion",
     R"(Prints a script; commands, options, targets, processes and nodes are completed.

Examples:
  bash:  source <(pacelinectl completion bash)      in ~/.bashrc
  zsh:   source <(pacelinectl completion zsh)       in ~/.zshrc, behind compinit
  fish:  pacelinectl completion fish | source       in ~/.config/fish/config.fish)"},
    {"man",
     R"(Examples:
  pacelinectl man | man -l -
  pacelinectl man what-if | man -l -
  pacelinectl man --dir /usr/local/share/man/man1)"},
    {"check",
     R"(Topology and settings, files with secrets, certificates, keys, ports, peers, clocks, Stat Servers, token
and endpoint: a line a thing, and what to do. Nothing is changed, nothing is published. What could not be
asked is UNKNOWN, with the reason. Exit codes: 0 all is OK; 1 something is a WARNING or UNKNOWN; 3 something
is CRITICAL; with --plugin 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.

Examples:
  pacelinectl check
  pacelinectl check --offline --node a      # before the first start
  pacelinectl check --json | jq -r '.checks[] | select(.state != "OK") | .what')"},
    {"keys export",
     R"(A line of name, key and fingerprint. Nobody can do harm with it but who can write over it on its way: compare
the fingerprint on both hosts.

Example, on the host of node a:
  ssh b pacelinectl keys export | pacelinectl keys import -)"},
    {"targets import",
     R"(With --cluster: asks every node that paces what would change there, then you, then writes the file on
all and reloads them, the master last, and waits until all pace by it. What fails on one is taken back on
those before. Other hosts are reached by ssh, or by what --shell says.

With --add its targets come beside those that are there, or take the place of those of the same id; with
--held as well, those that are new are switched off and the others stay as they are. With --reload the
processes of this node read it at once.

Examples:
  pacelinectl targets import autumn.csv --dry-run
  pacelinectl targets import more.toml --add
  pacelinectl targets import autumn.csv --cluster)"},
    {"targets remove",
     R"(Out of the topology's targets file; reload puts that to work. What is not in it is passed over.

Example:
  pacelinectl targets remove t07 t08 && pacelinectl reload)"},
    {"targets move",
     R"(Two clusters at one endpoint are cells, each with targets of its own. Prints a script for bash: the new cell
holds the targets switched off until it sees them, with what the old one has learned; the old one lets
them go; once the endpoint has heard that, the new one paces them. It ends at the first step that fails,
may be run again, and goes back with the argument back.

Example, on a host of the old cell that reaches all others:
  pacelinectl targets move t07 t08 --from /etc/paceline/topology.toml --to south.toml > steps.sh
  bash steps.sh)"},
    {"keys import",
     R"(Takes all lines or none. A key that is there is never replaced without --replace. The processes read keys
when they start.

Example:
  pacelinectl keys import b.key)"},
    {"loglevel",
     R"(Until the process starts anew.

Example:
  pacelinectl loglevel pacer debug)"},
    {"handover",
     R"(Says who is master then, in which term and after how long; or why nobody followed.

Examples:
  pacelinectl handover          # to the fittest
  pacelinectl handover b)"},
    {"pause",
     R"(Nothing is allowed to any target, whoever is master, over restarts of everything, until resume. Given
to any elector of this host. Waits until the endpoint has accepted a publication that says so.
Invitations that are out run out by themselves; the pacers go on deciding and learning.

Example:
  pacelinectl pause --why "fire drill")"},
    {"resume",
     R"(The next publication takes up what the pacers decide. Waits until the endpoint has accepted it.

Example:
  pacelinectl resume)"},
    {"drain",
     R"(The node gives mastership away if it has it, and then votes and does not stand for it, over restarts
too, until undrain. It is shown as in maintenance. Refused if no other node could take over; with
--force nobody is master then, and no invitations go out.

Example:
  pacelinectl drain --why "new disks")"},
    {"undrain",
     R"(Mastership stays where it is, unless the topology has preempt.

Example:
  pacelinectl undrain)"},
    {"init",
     R"(What the options do not say is asked for on a terminal. For each node a bundle is made: a folder that
is an image of those of its host, with topology, targets, the node's private key and the public keys
of all. All is checked before the first file is written. Again, it changes nothing; it never writes
over a file. The README in each bundle has the commands that install it.

Example:
  pacelinectl init --cluster acme --nodes a=192.0.2.11,b=192.0.2.12 --witness w=192.0.2.21 \
    --statserver https://stat-1.example/statistics/v3 --endpoint https://api.example/api/ \
    --token-url https://login.example/oauth/token --client-id paceline --client-secret secret.txt)"},
    {"topology edit",
     R"(What VISUAL or EDITOR names is opened on a copy beside the topology. When it ends the copy is checked, the
difference shown and agreed to, and it takes its place, as topology import has it. One with mistakes stays
for another try.

Examples:
  pacelinectl topology edit
  EDITOR=nano pacelinectl topology edit --cluster)"},
    {"topology plan",
     R"(For what topology import --cluster refuses: more or fewer pacers, a node that comes, goes or moves, a
witness too. One of them at a time. Prints a script for bash: which command on which host, in the order in which
the least is lost; nothing is done by itself. It carries the new file, and may be run again.

Examples:
  pacelinectl topology plan next.toml
  sed 's/^pacers = .*/pacers = 3/' /etc/paceline/topology.toml | pacelinectl topology plan - | bash)"},
    {"keys plan",
     R"(Keys are read at a start, so a new pair is one new start of every node, the master's last. Prints a script
for bash, as topology plan does.

Example:
  pacelinectl keys plan b | bash)"},
    {"wait",
     R"(For scripts that go from node to node: until the node has been well for two seconds, as an elector of this
host sees it. With --published or --sees until that is so instead. With --accepted, too, a node that is not
the master is no answer.

Examples:
  pacelinectl wait b --timeout 60
  pacelinectl wait --published)"},
    {"topology import",
     R"(With --cluster as `targets import`: all nodes are asked first, then you; the witnesses are reloaded first,
the master last, each when the one before is well; what goes wrong on one is taken back on all.

Examples:
  pacelinectl topology diff faster.toml
  pacelinectl topology import faster.toml --cluster)"},
    {"support-bundle",
     R"(One .tar.gz of mode 0600 for who helps: topology, targets and the node's other settings, what status,
election, check, events, targets, statserver and the metrics of each process say, the ends of the logs
(256 KiB each), and of the targets that are named the last decision and hour. MANIFEST in it says what is
in it, what could not be got and why. Works as far as it goes when watch or the whole node is down.
Passwords, keys and tokens are hidden as ****, in logs too; look through it before it leaves your house.

Example, as the user that runs Paceline:
  pacelinectl support-bundle --target t07 --target t12)"},
    {"topology rename",
     R"(Terms belong to the cluster's name: of the electors, and of the endpoint that refuses older ones.
When they run out (pacelinectl election says so) another name is the way out. Nothing is deleted,
and no two nodes publish at one instant: a voter that changed its name is quiet for a lock.
The file keeps everything else byte for byte, its owner and its permissions.

Example:
  pacelinectl topology rename demo-2      # on every node, then what it says)"},
    {"topology supervisor",
     R"(Example, as root on the host of node a:
  pacelinectl topology supervisor --node a --user paceline --log-dir /var/log/paceline --folders > /etc/supervisor/conf.d/paceline.conf
  supervisorctl update)"},
    {"topology units",
     R"(A unit for each process and paceline-node.target, which wants them all. What they may do stands in
paceline-.service.d, which comes with the package.

Example, as root on the host of node a:
  pacelinectl topology units --node a --dir /etc/systemd/system
  systemctl daemon-reload && systemctl enable --now paceline-node.target)"},
    {"topology check",
     R"(Examples:
  pacelinectl topology check /etc/paceline/topology.toml
  pacelinectl topology check --supervisor /etc/supervisor/conf.d/paceline.conf)"},
}};

}  // namespace

std::string_view details_of(std::string_view command) {
  for (const auto& [name, text] : all_details)
    if (name == command) return text;
  return {};
}

}  // namespace paceline::pacelinectl
