#include "topology/supervisor.h"

#include <rapidcheck.h>

#include "tests/support/catch.h"
#include "tests/topology/files.h"

namespace paceline::test {
namespace {

const SupervisorOptions options = {
    .bin_dir = "/usr/lib/paceline", .topology = "/etc/paceline/demo.toml", .run_dir = "/run/p%l"};

Topology demo() {
  return parse_topology(shipped("demo.toml"), "/etc/paceline/demo.toml").value();
}

TEST_CASE("a node's group has every process of the topology", "[topology]") {
  const Topology topology = demo();

  const std::string text = supervisor_group(topology, *topology.node("a"), options);

  CHECK(text.find("[program:a-statfeed]\ncommand=/usr/lib/paceline/statfeed "
                  "/etc/paceline/demo.toml --node a\n") != std::string::npos);
  CHECK(text.find("command=/usr/lib/paceline/pacer /etc/paceline/demo.toml --node a "
                  "--index %(process_num)d\nprocess_name=pacer-%(process_num)d\nnumprocs=2\n") !=
        std::string::npos);
  CHECK(text.find("stdout_logfile=/run/p%%l/a/log/pacer-%(process_num)d.log\n") !=
        std::string::npos);
  CHECK(text.ends_with("[group:a]\nprograms=a-statfeed,a-pacer,a-elector,a-publisher,a-watch\n"));
}

TEST_CASE("every program of a group is started again unless it ends by 0 or 78", "[topology]") {
  const std::string text = supervisor_groups(demo(), {"a", "b", "w"}, options);
  const auto count = [&](std::string_view what) {
    int found = 0;
    for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++found;
    return found;
  };

  CHECK(count("[program:") == 11);
  for (const char* line : {"\nautostart=true\n", "\nautorestart=unexpected\n", "\nexitcodes=0,78\n",
                           "\nstartsecs=0\n", "\nstopsignal=TERM\n", "\nredirect_stderr=true\n"}) {
    CAPTURE(line);
    CHECK(count(line) == 11);
  }
  // Told apart among all nodes, and shown as NODE:PROCESS, since the group has the node's name.
  CHECK(count("\nprocess_name=statfeed\n") == 2);
  CHECK(count("\nprocess_name=pacer-%(process_num)d\n") == 2);
  CHECK(count("[group:b]\nprograms=b-statfeed,b-pacer,b-elector,b-publisher,b-watch\n") == 1);
}

TEST_CASE("a witness's group is an elector alone", "[topology]") {
  const Topology topology = demo();

  const std::string text = supervisor_group(topology, *topology.node("w"), options);

  CHECK(text.find("[program:w-elector]") != std::string::npos);
  CHECK(text.find("statfeed") == std::string::npos);
  CHECK(text.ends_with("[group:w]\nprograms=w-elector\n"));
}

TEST_CASE("what the topology makes, the topology accepts", "[topology]") {
  const std::string text = shipped("demo.toml");

  for (const auto& nodes : std::vector<std::vector<std::string>>{{"a"}, {"w"}, {"a", "b", "w"}})
    CHECK(check_topology(text, "f", supervisor_groups(demo(), nodes, options)).empty());
}

TEST_CASE("a supervisord group that does not match is told", "[topology]") {
  const std::string good = supervisor_groups(demo(), {"a", "b"}, options);
  const auto first = [&](std::string_view what, std::string_view by) {
    const auto mistakes = check_topology(shipped("demo.toml"), "f", changed(good, what, by));
    return mistakes.empty() ? std::string{"none"} : mistakes[0].text();
  };

  CHECK(first("numprocs=2", "numprocs = 3") ==
        "supervisor:20:1: [program:a-pacer] numprocs = 3: the topology runs 2 (pacers = 2)");
  CHECK(first("numprocs=2", "") ==
        "supervisor:20:1: [program:a-pacer] numprocs = 1: the topology runs 2 (pacers = 2)");
  CHECK(first("[program:b-watch]", "[program:c-watch]") ==
        "supervisor:1:1: node b runs watch, here is no [program:b-watch]");
  CHECK(first("[group:a]", "[program:a-simulator]\nnumprocs=1\n[group:a]")
            .ends_with("[program:a-simulator]: node a does not run simulator"));
}

TEST_CASE("log folders are named, since supervisord does not make them", "[topology]") {
  CHECK(supervisor_folders(demo(), {"a", "w"}, options) ==
        std::vector<std::string>{"/run/p%l/a/log", "/run/p%l/w/log"});
  CHECK(
      supervisor_group(demo(), *demo().node("a"), options).find("; /run/p%l/a/log has to exist") !=
      std::string::npos);
}

TEST_CASE("logs of several nodes may lie in one folder, as files of their own", "[topology]") {
  SupervisorOptions elsewhere = options;
  elsewhere.log_dir = "/var/log/pac%line";
  elsewhere.user = "paceline";

  const std::string text = supervisor_groups(demo(), {"a", "w"}, elsewhere);

  CHECK(supervisor_folders(demo(), {"a", "w"}, elsewhere) ==
        std::vector<std::string>{"/var/log/pac%line"});
  for (const char* name : {"a-pacer-%(process_num)d", "a-elector", "w-elector"})
    CHECK(text.find(std::string{"\nstdout_logfile=/var/log/pac%%line/"} + name + ".log\n") !=
          std::string::npos);
  CHECK(text.find("--node w\nuser=paceline\nprocess_name=elector\n") != std::string::npos);
}

TEST_CASE("any supervisord text is compared without a crash", "[topology][property]") {
  const Topology topology = demo();
  const std::string good = supervisor_groups(topology, {"a", "w"}, options);

  REQUIRE(rc::check([&](const std::string& bytes) {
    check_supervisor(topology, bytes);
    std::string text = good;
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    text.erase(at, *rc::gen::inRange<std::size_t>(0, 60));
    text.insert(at, bytes);
    for (const Mistake& mistake : check_supervisor(topology, text))
      RC_ASSERT(mistake.where.file == "supervisor");
  }));
}

}  // namespace
}  // namespace paceline::test
