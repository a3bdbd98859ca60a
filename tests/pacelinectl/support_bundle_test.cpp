// `support-bundle`: what is in the archive, by what the real tar unpacks; that no secret is; that it is made of what
// there is when nothing runs.
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/support_archive.h"
#include "tests/pacelinectl/fake_environment.h"
#include "tests/pacelinectl/watch_bodies.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

const std::string bundle_output = "/tmp/b.tar.gz";
const std::string demo_run = "/etc/../build/demo/";

std::string whole_text(const std::filesystem::path& path) {
  std::ifstream in{path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// Its files by their names, and under "" all bytes of the unpacked archive.
std::map<std::string, std::string> unpacked(const std::string& archive) {
  const Folder folder;
  const std::string file = folder.path() + "/b.tar.gz";
  std::ofstream{file} << archive;
  const std::string to = folder.path() + "/out";
  std::filesystem::create_directory(to);
  REQUIRE(std::system(("tar -C " + to + " -xzf " + file).c_str()) == 0);
  REQUIRE(std::system(("gzip -dc " + file + " > " + folder.path() + "/b.tar").c_str()) == 0);
  std::map<std::string, std::string> files{{"", whole_text(folder.path() + "/b.tar")}};
  for (const auto& each : std::filesystem::recursive_directory_iterator{to})
    if (each.is_regular_file())
      files[std::filesystem::relative(each.path(), to)] = whole_text(each.path());
  return files;
}

Request bundle_request(std::vector<std::string> targets = {}) {
  Request asked = request("support-bundle");
  asked.output = bundle_output;
  asked.targets = std::move(targets);
  return asked;
}

void add_targets_file(FakeEnvironment& environment) {
  std::ifstream in{source_folder() + "/topology/demo-targets.toml"};
  environment.files["/etc/demo-targets.toml"].text = {std::istreambuf_iterator<char>{in}, {}};
}

/// Node a runs.
void start_node_a(FakeEnvironment& environment) {
  add_targets_file(environment);
  const std::string watch = "http://127.0.0.1:7110";
  environment.web[watch + "/api/v1/status"] = {200, json_text(demo_status())};
  environment.web[watch + "/api/v1/targets"] = {200, json_text(demo_targets({"t07"}))};
  environment.web[watch + "/api/v1/events"] = {200, json_text(EventsAnswer{})};
  environment.web[watch + "/api/v1/targets/t07/history"] = {
      200, json_text(HistoryAnswer{.columns = {"time_ms"}, .rows = {}})};
  environment.on_ask = [](const ControlRequest& asked) -> Result<Bytes> {
    if (asked.question == "metrics") {
      MetricsReply metrics;
      metrics.families = {{.name = "x",
                           .help = "",
                           .type = "gauge",
                           .samples = {{.suffix = "", .labels = {}, .value = 1}}}};
      return encode(metrics);
    }
    if (asked.question == "election") return encode(ElectionView{});
    if (asked.question == "explain")
      return encode(Explanation{.target = "t07", .sentence = "So it is.", .steps = {}});
    return encode(StatusReply{});
  };
  environment.this_host.folders[demo_run + "a/log"] = {demo_run + "a/log/publisher.log",
                                                       demo_run + "a/log/notes.txt"};
  environment.files[demo_run + "a/log/publisher.log"].text = "started\n";
}

/// A secret that is easily found, for each place that may have one.
struct Planted {
  std::vector<std::string> secrets;

  std::string next() {
    secrets.push_back("s3cr3t-0123456789-" + std::to_string(1000 + secrets.size()));
    return secrets.back();
  }
};

TEST_CASE("a bundle has settings, states, decisions and logs of a node, and says what is in it",
          "[pacelinectl][process]") {
  FakeEnvironment environment;
  start_node_a(environment);

  const Outcome outcome = run_command(bundle_request({"t07"}), environment);

  INFO(outcome.error);
  REQUIRE(outcome.exit == exit_fine);
  CHECK(environment.files.at(bundle_output).mode == 0600);
  const auto files = unpacked(environment.files.at(bundle_output).text);
  for (const char* name :
       {"MANIFEST", "settings/etc/demo.toml", "settings/etc/demo-targets.toml",
        "states/status.json", "states/status.txt", "states/election.json", "states/events.json",
        "states/targets.json", "states/check.txt", "states/version.txt",
        "states/metrics/pacer-0.prom", "states/metrics/pacer-1.prom", "states/metrics/watch.prom",
        "targets/1-t07/explain.txt", "targets/1-t07/explain.json", "targets/1-t07/history.json",
        "logs/etc/build/demo/a/log/publisher.log"}) {
    CAPTURE(name);
    CHECK(files.contains(name));
    if (name != std::string_view{"MANIFEST"})
      CHECK_THAT(files.at("MANIFEST"), Catch::Contains(name));
  }
  CHECK_FALSE(files.contains("logs/etc/build/demo/a/log/notes.txt"));
  CHECK(files.at("states/status.json") == json_text(demo_status()) + "\n");
  CHECK_THAT(files.at("targets/1-t07/explain.txt"), Catch::Contains("So it is."));
  CHECK_THAT(files.at("MANIFEST"),
             Catch::StartsWith("Paceline's support bundle of node a of cluster "
                               "demo, made at 2026-11-25T"));
  CHECK_THAT(outcome.out, Catch::StartsWith(bundle_output + ": "));
}

TEST_CASE("a bundle is made of what there is when nothing runs, and names what is not in it",
          "[pacelinectl][process]") {
  FakeEnvironment environment;
  add_targets_file(environment);

  const Outcome outcome = run_command(bundle_request({"t07"}), environment);

  REQUIRE(outcome.exit == exit_fine);
  const auto files = unpacked(environment.files.at(bundle_output).text);
  CHECK(files.contains("settings/etc/demo.toml"));
  CHECK(files.contains("states/check.txt"));
  CHECK_FALSE(files.contains("states/status.json"));
  const std::string& manifest = files.at("MANIFEST");
  CHECK_THAT(manifest,
             Catch::Contains("states/status.json") && Catch::Contains("no watch answers"));
  CHECK_THAT(manifest,
             Catch::Contains("targets/1-t07/explain.txt") && Catch::Contains("no pacer answers"));
  CHECK_THAT(manifest, Catch::Contains("no log of node a") && Catch::Contains("journalctl"));
  CHECK_THAT(outcome.out, Catch::Contains("could not be got: MANIFEST in it says which, and why"));
}

TEST_CASE("a topology with a mistake is packed, with what check says of it",
          "[pacelinectl][process]") {
  FakeEnvironment environment;
  environment.files["/etc/demo.toml"].text =
      "cluster = 5\n[publisher]\nclient_secret = \"s3cr3t\"\n";

  const Outcome outcome = run_command(bundle_request(), environment);

  REQUIRE(outcome.exit == exit_fine);
  const auto files = unpacked(environment.files.at(bundle_output).text);
  CHECK_THAT(files.at("settings/etc/demo.toml"), Catch::Contains("client_secret = \"****\""));
  CHECK_THAT(files.at("states/check.txt"), Catch::Contains("CRITICAL"));
  CHECK(files.at("").find("s3cr3t") == std::string::npos);
}

TEST_CASE("no secret of a settings file, or of a file that it names, is anywhere in a bundle",
          "[pacelinectl][process]") {
  FakeEnvironment environment;
  start_node_a(environment);
  Planted planted;
  std::string& topology = environment.files["/etc/demo.toml"].text;
  std::string statfeed = "[statfeed]\nuser = \"anna\"\n";
  for (const char* key : {"api_key", "password"})
    statfeed += std::string{key} + " = \"" + planted.next() + "\"\n";
  statfeed += "proxy = \"http://anna:" + planted.next() + "@127.0.0.1:3128\"\n";
  for (const char* key : {"bearer", "client_secret", "tenant_password", "passphrase"})
    statfeed += "# " + std::string{key} + " = \"" + planted.next() + "\"\n";
  topology.replace(topology.find("[statfeed]\n"), 11, statfeed);
  topology += "\n[watch]\nread_token = \"" + planted.next() + "\"\noperate_token = \"" +
              planted.next() + "\"\n";
  environment.files[demo_run + "client-secret"].text = planted.next() + "\nan old one: none\n";
  environment.files[demo_run + "keys/a.secret"].text = planted.next() + "\n";
  environment.files["/etc/node.env"].text =
      "PACELINE_NODE=a\nCLIENT_SECRET=" + planted.next() + "\n";
  environment.this_host.folders["/etc/supervisor/conf.d"] = {"/etc/supervisor/conf.d/p.conf"};
  environment.files["/etc/supervisor/conf.d/p.conf"].text =
      "[group:a]\n[program:a-watch]\nstdout_logfile=/logs/a-watch.log\nenvironment=API_TOKEN=\"" +
      planted.next() + "\"\n";
  environment.this_host.folders["/logs"] = {"/logs/a-watch.log", "/logs/b-watch.log"};
  std::string& log = environment.files["/logs/a-watch.log"].text;
  for (const std::string& secret : planted.secrets) log += "warn refused why=\"" + secret + "\"\n";
  environment.web["http://127.0.0.1:7110/api/v1/events"].body =
      json_text(EventsAnswer{.events = {{.detail = "said " + planted.secrets[0]}}});

  const Outcome outcome = run_command(bundle_request({"t07"}), environment);

  REQUIRE(outcome.exit == exit_fine);
  const auto files = unpacked(environment.files.at(bundle_output).text);
  for (const std::string& secret : planted.secrets) {
    CAPTURE(secret);
    CHECK(files.at("").find(secret) == std::string::npos);
    CHECK(outcome.out.find(secret) == std::string::npos);
  }
  CHECK(files.at("").find("s3cr3t") == std::string::npos);
  CHECK_THAT(files.at("logs/logs/a-watch.log"), Catch::StartsWith("warn refused why=\"****\"\n"));
  CHECK_FALSE(files.contains("logs/logs/b-watch.log"));
  CHECK_THAT(files.at("settings/etc/demo.toml"),
             Catch::Contains("client_secret_file = \"../build/demo/client-secret\""));
  CHECK_THAT(files.at("MANIFEST"),
             Catch::Contains(demo_run + "client-secret, the client secret, is not in it"));
}

TEST_CASE("a secret that cannot be read is told as not looked for", "[pacelinectl][process]") {
  FakeEnvironment environment;
  start_node_a(environment);
  environment.files[demo_run + "client-secret"].text = "hunter22";
  environment.unreadable.insert(demo_run + "client-secret");

  const Outcome outcome = run_command(bundle_request(), environment);

  REQUIRE(outcome.exit == exit_fine);
  CHECK_THAT(unpacked(environment.files.at(bundle_output).text).at("MANIFEST"),
             Catch::Contains("it cannot be read here, so it is not looked for"));
}

TEST_CASE("a bundle writes over no file, and needs a topology", "[pacelinectl]") {
  FakeEnvironment environment;
  environment.files[bundle_output].text = "mine";
  Request nowhere = bundle_request();
  nowhere.topology = "/none.toml";
  Request nobody = bundle_request();
  nobody.node = "z";

  const Outcome outcome = run_command(bundle_request(), environment);

  CHECK(outcome.exit == exit_usage);
  CHECK_THAT(outcome.error, Catch::Contains("is there already"));
  CHECK(environment.files[bundle_output].text == "mine");
  CHECK(run_command(nowhere, environment).exit == exit_usage);
  CHECK(run_command(nobody, environment).exit == exit_usage);
}

TEST_CASE("of a log the last whole lines are taken", "[pacelinectl]") {
  CHECK(log_end("one\ntwo\n", 100).lines == "one\ntwo\n");
  CHECK(log_end("one\ntwo\n", 100).is_whole);
  CHECK(log_end("one\ntwo\n", 4).lines == "two\n");
  CHECK(log_end("one\ntwo\n", 5).lines == "two\n");
  CHECK_FALSE(log_end("one\ntwo\n", 5).is_whole);
  CHECK(log_end("a line without an end", 5).lines.empty());
}

TEST_CASE("a name becomes a part of a file's name", "[pacelinectl]") {
  CHECK(file_word("sales-7") == "sales-7");
  CHECK(file_word("a/../b c") == "a%2F..%2Fb%20c");
  CHECK(file_word("..") == "_..");
  CHECK(file_word(std::string(500, 'x')).size() == 48);
}

}  // namespace
}  // namespace paceline::test
