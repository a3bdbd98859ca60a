#include "topology/check.h"

#include <rapidcheck.h>
#include <algorithm>

#include "tests/support/catch.h"
#include "tests/topology/files.h"

namespace paceline::test {
namespace {

/// "WHERE: WHAT" lines of all mistakes of a demo.toml in which `what` is replaced by `by`.
std::string mistakes_after(std::string_view what, std::string_view by) {
  std::string all;
  for (const Mistake& mistake : check_topology(changed(shipped("demo.toml"), what, by), "f"))
    all += mistake.text() + "\n";
  return all;
}

bool has_place(const Mistake& mistake, const std::string& file) {
  const std::string where = mistake.where.text();
  std::string_view rest = where;
  if (!rest.starts_with(file + ":")) return false;
  rest.remove_prefix(file.size() + 1);
  const auto colon = rest.find(':');
  const auto number = [](std::string_view text) {
    return !text.empty() && text.front() != '0' &&
           text.find_first_not_of("0123456789") == text.npos;
  };
  return colon != rest.npos && number(rest.substr(0, colon)) && number(rest.substr(colon + 1)) &&
         !mistake.what.empty();
}

struct Example {
  const char* what;
  const char* by;
  const char* said;  // Stands in the mistakes.
};

TEST_CASE("a mistake is found with its place, and nothing else is said", "[topology]") {
  const auto example = GENERATE(values<Example>({
      {"cluster = \"demo\"", "cluster = ", "f:3:11: "},
      {"cluster = \"demo\"", "", "f:1:1: cluster is missing"},
      {"cluster = \"demo\"", "cluster = \"De mo\"", "f:3:11: cluster = \"De mo\": not a name"},
      {"run_dir = \"../build/demo\"", "run_dir = \"\"", "f:4:11: run_dir = \"\": not a path"},
      {"run_dir = \"../build/demo\"", "run_dir = 3", "f:4:11: run_dir = 3: not a text"},
      {"pacers = 2", "pacers = 2\npacer_count = 2", "f:7:1: pacer_count = 2: unknown key"},
      {"pacers = 2", "pacers = 0", "f:6:10: pacers = 0: not in [1, 64]"},
      {"time_scale = 10", "time_scale = 0.5", "f:7:14: time_scale = 0.5: not in [1, 1000]"},
      {"encrypted = true", "encrypted = \"yes\"", "f:8:13: encrypted = \"yes\": not true or false"},
      {"encrypted = true", "mode = \"trio\"", "f:8:8: mode = \"trio\": not one of quorum, pair"},
      {"host = \"127.0.0.1\"", "host = \"a host\"",
       "f:14:8: nodes.a.host = \"a host\": not a host"},
      {"port = 7100", "port = 70000", "f:15:8: nodes.a.port = 70000: not in [1, 65535]"},
      {"port = 7100", "", "f:13:1: nodes.a.port is missing"},
      {"priority = 100", "priority = 256", "f:16:12: nodes.a.priority = 256: not in [0, 255]"},
      {"priority = 100", "priority = 100\nkey = 1", "f:17:1: nodes.a.key = 1: unknown key"},
      {"[nodes.b]", "[nodes.B]", "f:18:8: nodes.B: not a name"},
      {"[nodes.b]", "[nodes.a]", "f:18:"},
      {"port = 7120", "port = 7100", "binds tcp://127.0.0.1:7100, which channels.heartbeat"},
      {"port = 7100", "port = 65530", "port 65530 + 9 is beyond 65535"},
      {"[channels.stat]", "[channels.stats]", "channels.stats: unknown channel, not one of stat"},
      {"carries = \"TargetPace\"", "carries = \"Pace\"", "it carries TargetPace"},
      {"from = \"statfeed\"", "from = \"pacer\"",
       "channels.stat.from = \"pacer\": statfeed writes"},
      {"to = [\"pacer\", \"watch\"]", "to = [\"pacer\", \"elector\"]",
       "channels.stat.to: elector does not read this channel"},
      {"to = [\"pacer\", \"watch\"]", "to = []", "channels.stat.to: nobody reads this channel"},
      {"to = [\"pacer\", \"watch\"]", "to = [\"watch\"]", "channels.stat.to: pacer is missing"},
      {"to = [\"pacer\", \"watch\"]", "to = [\"pacer\", \"pacer\"]", "pacer stands twice"},
      {"to = [\"pacer\", \"watch\"]", "to = 5", "channels.stat.to = 5: not a list of texts"},
      {"scope = \"node\"", "scope = \"cluster\"", "scope = \"cluster\": its scope is node"},
      {"pace-{index}", "pace",
       "channels.pace.endpoint of a/pacer/1 binds ipc://../build/demo/a/pace, which"},
      {"{run}/{node}/stat", "{run}/{nodes}/stat", "channels.stat.endpoint: {nodes} is unknown"},
      {"\"ipc://{run}/{node}/stat\"", "\"tcp://{host}:{port+5}\"", "scope node stays on the node"},
      {"\"tcp://{host}:{port+2}\"", "\"udp://{host}:{port+2}\"", "write tcp://..."},
      {"{port+2}", "{port+3}", "which channels.feedback.endpoint of a/publisher/0 binds too"},
      {"{port+9}", "{port+1}",
       "f:10:19: cluster_control of a/publisher/0 binds tcp://127.0.0.1:7101"},
      {"{port+11+index}", "{port+11}",
       "f:11:17: pacer_control of a/pacer/1 binds tcp://127.0.0.1:7111, which pacer_control of "
       "a/pacer/0"},
      {"{port+11+index}", "{port+8+index}", "7109, which pacer_control of a/pacer/1 binds too"},
      {"pacers = 2", "pacers = 10",
       "binds tcp://127.0.0.1:7120, which pacer_control of a/pacer/9 binds too"},
      {"\"tcp://{host}:{port+11+index}\"", "\"udp://{host}:{port+11+index}\"",
       "f:11:17: pacer_control = \"udp://{host}:{port+11+index}\": write tcp://..."},
      {"{process}-{index}.ctl", "{process}.ctl", "control of a/pacer/1 binds"},
      {"period = \"1s\"", "period = \"10s\"", "not below the stale bound of 10s"},
      {"period = \"1s\"", "period = 1", "not a duration, write"},
      {"period = \"1s\"", "period = \"-1s\"", "is not a duration (negative)"},
      {"keyframe = \"10s\"", "keyframe = \"100ms\"", "below the period of 1s"},
      {"keyframe = \"10s\"", "", "channels.stat.keyframe is missing"},
      {"stale = \"1200ms\"", "stale = \"1200ms\"\nkeyframe = \"1s\"", "this channel has no rows"},
      {"stale = \"1200ms\"", "stail = \"1200ms\"\nstale = \"1200ms\"",
       "channels.heartbeat.stail = \"1200ms\": unknown key; did you mean \"stale\"?"},
      {"encrypted = true", "encrypted = true\nelector = 3", "elector = 3: not a table"},
      {"run_dir = \"../build/demo\"",
       "run_dir = \"/a/very/long/path/a/very/long/path/a/very/long/path/"
       "a/very/long/path/a/very/long/path/a/very/long/path\"",
       "longer than the 107 characters"},
  }));
  CAPTURE(example.what, example.by);

  const std::string said = mistakes_after(example.what, example.by);

  CAPTURE(said);
  CHECK(said.find(example.said) != std::string::npos);
}

TEST_CASE("a host or endpoint that cannot be bound or connected to is refused with the reason",
          "[topology]") {
  const auto example = GENERATE(values<Example>({
      {"host = \"127.0.0.1\"", "host = \"localhost\"",
       "f:14:8: nodes.a.host = \"localhost\": ZeroMQ binds numeric addresses, not names: write the "
       "address of localhost\n"},
      {"host = \"127.0.0.1\"", "host = \"0.0.0.0\"",
       "f:14:8: nodes.a.host = \"0.0.0.0\": 0.0.0.0 is every address of a host, and none to "
       "connect "
       "to; write one\n"},
      {"host = \"127.0.0.1\"", "host = \"[::]\"", "nodes.a.host = \"::\": :: is every address"},
      {"host = \"127.0.0.1\"", "host = \"::1::2\"", "nodes.a.host = \"::1::2\": not a host"},
      {"\"tcp://{host}:{port+2}\"", "\"tcp://::1:{port+2}\"",
       "channels.feedback.endpoint = \"tcp://::1:{port+2}\": an IPv6 address stands in brackets: "
       "[::1]\n"},
      {"\"tcp://{host}:{port+2}\"", "\"tcp://*:{port+2}\"", "* is every address of a host"},
      {"\"tcp://{host}:{port+2}\"", "\"tcp://a.test:{port+2}\"", "write the address of a.test"},
  }));
  CAPTURE(example.by);

  const std::string said = mistakes_after(example.what, example.by);

  CAPTURE(said);
  CHECK(said.find(example.said) != std::string::npos);
  CHECK(std::ranges::count(said, '\n') == 1);
}

TEST_CASE("a host may have an IPv6 address, in brackets or not, which its endpoints bracket",
          "[topology]") {
  for (const char* host : {"host = \"::1\"", "host = \"[::1]\""}) {
    const std::string text = changed(shipped("demo.toml"), "host = \"127.0.0.1\"", host);
    const auto topology = parse_topology(text, "f");

    REQUIRE(topology);
    const Node& node = topology->nodes.front();
    CHECK(node.host == "::1");
    CHECK(endpoint(*topology, "tcp://{host}:{port}", node, "elector", 0) == "tcp://[::1]:7100");
  }
}

TEST_CASE("what lies on the edge of a range is good, and one beyond is not", "[topology]") {
  struct Edge {
    std::string what;
    std::string good;
    std::string wrong;
  };
  const std::string name32 = "d" + std::string(31, 'x');
  const std::string path1024 = "/" + std::string(1023, 'x');
  const auto edge = GENERATE_REF(values<Edge>({
      {"cluster = \"demo\"", "cluster = \"" + name32 + "\"", "cluster = \"" + name32 + "x\""},
      {"cluster = \"demo\"", "cluster = \"z9_-\"", "cluster = \"9z\""},
      {"cluster = \"demo\"", "cluster = \"a\"", "cluster = \"{\""},
      {"targets = \"demo-targets.toml\"", "targets = \"" + path1024 + "\"",
       "targets = \"" + path1024 + "x\""},
      {"targets = \"demo-targets.toml\"", "targets = \"a b~\"", "targets = \"a\\u007f\""},
      {"targets = \"demo-targets.toml\"", "targets = \"a-b\"", "targets = \"a\\u001f\""},
      {"pacers = 2", "pacers = 9", "pacers = 10"},  // Nodes of one host 20 ports apart.
      {"pacers = 2", "pacers = 2\nmax_targets = 1", "pacers = 2\nmax_targets = 0"},
      {"pacers = 2", "pacers = 2\nmax_targets = 1000000", "pacers = 2\nmax_targets = 1000001"},
      {"time_scale = 10", "time_scale = 1000", "time_scale = 1001"},
      {"port = 7100", "port = 65523", "port = 65524"},
      {"priority = 100", "priority = 255", "priority = 256"},
      {"period = \"1s\"", "period = \"1ms\"", "period = \"0s\""},
      {"period = \"1s\"", "period = \"9999ms\"", "period = \"10s\""},
      {"keyframe = \"10s\"", "keyframe = \"1s\"", "keyframe = \"999ms\""},
      {"keyframe = \"10s\"", "keyframe = \"1h\"", "keyframe = \"61m\""},
  }));
  CAPTURE(edge.what, edge.good, edge.wrong);

  CHECK(mistakes_after(edge.what, edge.good) == "");
  CHECK(mistakes_after(edge.what, edge.wrong) != "");
}

TEST_CASE("a node may have 64 pacers where its ports suffice", "[topology]") {
  const auto with_pacers = [](const char* count) {
    const auto text = changed(shipped("two-node.toml"), "pacers = 2", count);
    std::string all;
    for (const Mistake& mistake : check_topology(text, "f")) all += mistake.text() + "\n";
    return all;
  };

  CHECK(with_pacers("pacers = 64") == "");
  CHECK(with_pacers("pacers = 65") != "");
}

TEST_CASE("a cluster may have 64 nodes", "[topology]") {
  const auto with_witnesses = [](int more) {
    std::string nodes;
    for (int i = 0; i < more; ++i)
      nodes += "[nodes.v" + std::to_string(i) +
               "]\nhost = \"127.0.0.1\"\nport = " + std::to_string(8000 + 20 * i) +
               "\npriority = 0\n\n";
    return mistakes_after("# The bus", nodes + "# The bus");
  };

  CHECK(with_witnesses(61) == "");
  CHECK(with_witnesses(62).find("nodes: more than 64") != std::string::npos);
}

TEST_CASE("a socket's path may have 107 characters", "[topology]") {
  const auto with_path = [](std::size_t length) {
    return mistakes_after("\"ipc://{run}/{node}/stat\"",
                          "\"ipc:///{node}" + std::string(length - 2, 'x') + "\"");
  };

  CHECK(with_path(107) == "");
  CHECK(with_path(108).find("longer than the 107 characters") != std::string::npos);
}

TEST_CASE("one mistake is said once", "[topology]") {
  const std::string said = mistakes_after("period = \"1s\"", "period = \"10s\"");

  CHECK(said ==
        "f:39:10: channels.stat.period = \"10s\": not below the stale bound of 10s: every sender "
        "would count as gone\n");
}

TEST_CASE("a channel that the file does not have is named", "[topology]") {
  std::string text = shipped("demo.toml");
  const auto grant = text.find("[channels.grant]");
  const auto next = text.find("[channels.publication]");

  const auto mistakes = check_topology(text.erase(grant, next - grant), "f");

  REQUIRE(mistakes.size() == 1);
  CHECK(mistakes[0].what == "channels.grant is missing (Grant, elector to publisher)");
}

TEST_CASE("voters have to be able to decide", "[topology]") {
  std::string text = shipped("demo.toml");
  const auto witness = text.find("[nodes.w]");
  const std::string two = text.erase(witness, text.find("# The bus") - witness);
  const auto first = [](const std::string& topology) {
    const auto mistakes = check_topology(topology, "f");
    return mistakes.empty() ? std::string{"none"} : mistakes[0].what;
  };

  CHECK(first(two).starts_with("2 voters: neither survives"));
  CHECK(first(changed(two, "pacers = 2", "pacers = 2\nmode = \"pair\"")) == "none");
  // On the way from three to five, a node at a time.
  CHECK(first(changed(shipped("demo.toml"), "# The bus",
                      "[nodes.v]\nhost = \"127.0.0.1\"\nport = 7160\npriority = 0\n\n# The bus")) ==
        "none");
  CHECK(first(changed(shipped("demo.toml"), "pacers = 2", "mode = \"pair\"")) == "none");
  CHECK(first(changed(shipped("five-node.toml"), "pacers = 4", "mode = \"pair\""))
            .starts_with("mode = \"pair\" is for two nodes"));
  const std::string witnesses =
      changed(changed(shipped("demo.toml"), "priority = 100", "priority = 0"), "priority = 90",
              "priority = 0");
  CHECK(first(witnesses).starts_with("no node can be master"));
}

TEST_CASE("sockets of one host cannot serve nodes of several", "[topology]") {
  const auto mistakes = check_topology(
      changed(shipped("two-node.toml"), "tcp://{host}:{port+2}", "ipc://{run}/{node}/feedback"),
      "f");

  REQUIRE(mistakes.size() == 1);
  CHECK(mistakes[0].what.find("nodes a and b are on different hosts") != std::string::npos);
}

TEST_CASE("all mistakes are found at once, in the file's order", "[topology]") {
  std::string text = shipped("demo.toml");
  text = changed(text, "pacers = 2", "pacers = 0\nunknown = 1");
  text = changed(text, "port = 7120", "port = 0");
  text = changed(text, "carries = \"Grant\"", "carries = \"Loan\"");
  text = changed(text, "carries = \"PublicationReport\"",
                 "carries = \"PublicationReport\"\nperiod_ = 1");

  const auto mistakes = check_topology(text, "f");

  REQUIRE(mistakes.size() == 5);
  CHECK(mistakes[0].what.starts_with("pacers = 0"));
  CHECK(mistakes[1].what.starts_with("unknown = 1"));
  CHECK(mistakes[2].what.starts_with("nodes.b.port = 0"));
  CHECK(mistakes[3].what.starts_with("channels.grant.carries"));
  CHECK(mistakes[4].what.starts_with("channels.publication.period_"));
}

TEST_CASE("every text gives mistakes with a place or a good topology", "[topology][property]") {
  REQUIRE(rc::check([](const std::string& bytes) {
    const auto mistakes = check_topology(bytes, "f");
    RC_ASSERT(!mistakes.empty());
    for (const Mistake& mistake : mistakes) RC_ASSERT(has_place(mistake, "f"));
    RC_ASSERT(!parse_topology(bytes, "f"));
  }));
}

TEST_CASE("a damaged topology gives mistakes with a place", "[topology][property]") {
  const std::string good = shipped("demo.toml");
  const std::vector<std::string> lines = [&] {
    std::vector<std::string> all;
    for (std::size_t at = 0; at < good.size();) {
      const auto end = good.find('\n', at);
      all.push_back(good.substr(at, end - at));
      at = end + 1;
    }
    return all;
  }();

  REQUIRE(rc::check([&] {
    std::string text = good;
    const int damages = *rc::gen::inRange(1, 5);
    for (int i = 0; i < damages; ++i) {
      const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
      const auto length = *rc::gen::inRange<std::size_t>(0, 40);
      switch (*rc::gen::inRange(0, 4)) {
        case 0:
          text.erase(at, length);
          break;
        case 1:
          text.insert(at, *rc::gen::arbitrary<std::string>());
          break;
        case 2:
          text.insert(at, "\n" + lines[*rc::gen::inRange<std::size_t>(0, lines.size())] + "\n");
          break;
        case 3:
          text[at] = static_cast<char>(*rc::gen::inRange(0, 256));
          break;
      }
    }
    const auto mistakes = check_topology(text, "f:1:dir");
    for (const Mistake& mistake : mistakes) RC_ASSERT(has_place(mistake, "f:1:dir"));
    RC_ASSERT(mistakes.empty() == parse_topology(text, "f:1:dir").has_value());
  }));
}

TEST_CASE("ten thousand wrong keys are told up to a bound", "[topology]") {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "key" + std::to_string(i) + " = 1\n";

  const auto mistakes = check_topology(text, "f");

  CHECK(mistakes.size() == 200);
  CHECK(std::ranges::is_sorted(mistakes, {},
                               [](const Mistake& mistake) { return mistake.where.line; }));
}

TEST_CASE("a topology over 64 MiB is not read", "[topology]") {
  const auto mistakes = check_topology(std::string((64u << 20) + 1, '#'), "f");

  REQUIRE(mistakes.size() == 1);
  CHECK(mistakes[0].where.file == "f");
  CHECK(mistakes[0].what == "67108865 bytes, over 67108864");
}

}  // namespace
}  // namespace paceline::test
