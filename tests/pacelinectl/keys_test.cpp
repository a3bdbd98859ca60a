// `keys`, `keys export`, `keys import`, and the lines that go between them.
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/key_lines.h"
#include "tests/pacelinectl/fake_environment.h"
#include "tests/support/catch.h"
#include "tests/support/has.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

const std::string keys = "/etc/../build/demo/keys/";
const std::string key_1 = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";  // Of ZeroMQ's own tests.
const std::string key_2 = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";

Request import_of(const std::string& file, bool replace = false) {
  Request asked = request("keys import", {file});
  asked.replace = replace;
  return asked;
}

}  // namespace

TEST_CASE("keys are made once, secrets for the owner only", "[pacelinectl]") {
  FakeEnvironment environment;

  const Outcome first = run_command(request("keys"), environment);
  const Outcome again = run_command(request("keys"), environment);

  CHECK(first.exit == exit_fine);
  CHECK(environment.folders.at("/etc/../build/demo/keys") == 0700u);
  CHECK(environment.files.at("/etc/../build/demo/keys/a.secret").mode == 0600u);
  CHECK(environment.files.at("/etc/../build/demo/keys/w.public").mode == 0644u);
  CHECK(environment.files.at("/etc/../build/demo/keys/a.secret").text == "secret1\n");
  CHECK(has(first.out, "/etc/../build/demo/keys/b: made"));
  CHECK(has(again.out, "/etc/../build/demo/keys/b: kept"));
  CHECK(environment.files.at("/etc/../build/demo/keys/a.secret").text == "secret1\n");
}

TEST_CASE("senders that feed over tcp have keys as nodes have", "[pacelinectl]") {
  FakeEnvironment environment;
  auto& text = environment.files.at("/etc/demo.toml").text;
  const auto put = [&](const std::string& endpoint) {
    const auto from = text.find("[statfeed]");
    text = text.substr(0, from) +
           "[statfeed]\ninterface = \"bus\"\nprimary = \"crm-a\"\nbackup = \"crm-b\"\n" +
           "endpoint = \"" + endpoint + "\"\n" + text.substr(text.find("[publisher]"));
  };
  put("ipc://{run}/feed");
  CHECK_FALSE(has(run_command(request("keys"), environment).out, "crm-a"));
  put("tcp://{host}:{port+4}");

  const Outcome outcome = run_command(request("keys"), environment);

  CHECK(has(outcome.out, "/keys/w: kept\n"));
  CHECK(has(outcome.out, "/keys/crm-a: made\n"));
  CHECK(has(outcome.out, "/keys/crm-b: made\n"));
  put("udp://x");
  CHECK(has(run_command(request("keys"), environment).error, "neither ipc:// nor tcp://"));
}

TEST_CASE("half a key pair is not replaced", "[pacelinectl]") {
  FakeEnvironment environment;
  environment.files["/etc/../build/demo/keys/a.public"].text = "old";

  const Outcome outcome = run_command(request("keys"), environment);

  CHECK(outcome.exit == exit_not_answered);
  CHECK(has(outcome.error, "a.public is there without"));
  CHECK(environment.files.at("/etc/../build/demo/keys/a.public").text == "old");
}

TEST_CASE("a key is exported as a line that another host imports", "[pacelinectl]") {
  FakeEnvironment there;
  there.files[keys + "b.public"].text = key_1 + "\n";
  there.files[keys + "b.secret"].text = key_2 + "\n";
  const Outcome line = run_command(request("keys export"), there);
  FakeEnvironment here;
  here.input = line.out;

  const Outcome taken = run_command(import_of("-"), here);

  CHECK(line.out == "b " + key_1 + " #" + key_1 + "\n");
  CHECK(taken.exit == exit_fine);
  CHECK(here.files.at(keys + "b.public").text == key_1 + "\n");
  CHECK(here.files.at(keys + "b.public").mode == 0644u);
  CHECK(here.folders.at("/etc/../build/demo/keys") == 0700u);
  CHECK_THAT(taken.out, Catch::Contains("b: #" + key_1 + " taken\n"));
}

TEST_CASE("export gives the node that is named, never a private key", "[pacelinectl]") {
  FakeEnvironment environment;
  environment.files[keys + "a.public"].text = key_1;
  environment.files[keys + "b.public"].text = key_2;
  environment.files[keys + "b.secret"].text = "private";

  CHECK(run_command(request("keys export", {"a"}), environment).out ==
        "a " + key_1 + " #" + key_1 + "\n");
  CHECK(run_command(request_at("a", "keys export"), environment).out ==
        "a " + key_1 + " #" + key_1 + "\n");
  CHECK(run_command(request("keys export"), environment).out == "b " + key_2 + " #" + key_2 + "\n");
  CHECK(run_command(request("keys export", {"x"}), environment).error ==
        "/etc/demo.toml: no node 'x'");
  environment.files.erase(keys + "b.secret");
  CHECK_THAT(run_command(request("keys export"), environment).error,
             Catch::Contains("no private key of any node"));
}

TEST_CASE("a key that is there stays, and another takes its place only when that is wanted",
          "[pacelinectl]") {
  FakeEnvironment environment;
  environment.files[keys + "b.public"].text = key_1 + "\n";
  environment.files["new"].text = "b " + key_2;
  environment.files["same"].text = "b " + key_1;

  const Outcome refused = run_command(import_of("new"), environment);
  CHECK(refused.exit == exit_not_answered);
  CHECK_THAT(refused.error,
             Catch::Contains("new:1: ") && Catch::Contains("has the key #" + key_1) &&
                 Catch::Contains("the line has #" + key_2) && Catch::Contains("--replace"));
  CHECK(environment.files.at(keys + "b.public").text == key_1 + "\n");
  CHECK(run_command(import_of("same"), environment).out ==
        "all of them are there, nothing is changed\n");

  const Outcome replaced = run_command(import_of("new", true), environment);
  CHECK_THAT(replaced.out, Catch::Contains("b: #" + key_2 + " taken in place of #" + key_1));
  CHECK(environment.files.at(keys + "b.public").text == key_2 + "\n");
}

TEST_CASE("a key that stands for two nodes in one file is refused, and nothing is written",
          "[pacelinectl]") {
  FakeEnvironment environment;
  environment.files["f"].text = "a " + key_1 + "\nb " + key_1;

  const Outcome outcome = run_command(import_of("f", true), environment);

  CHECK(outcome.exit == exit_not_answered);
  CHECK_THAT(outcome.error, Catch::Contains("f:2: this is the public key of a already"));
  CHECK_FALSE(environment.files.contains(keys + "a.public"));
  CHECK_FALSE(environment.files.contains(keys + "b.public"));
}

TEST_CASE("what is no public key of another node is refused with its line, and nothing is written",
          "[pacelinectl]") {
  const auto [line, why] = GENERATE_COPY(table<std::string, std::string>(
      {{"b short", "f:2: what stands behind b is no key of 40 characters"},
       {"b " + key_2 + " 1234", "has the fingerprint #" + key_2 + ", not 1234"},
       {"b", "f:2: not NAME KEY"},
       {"x " + key_2, "f:2: /etc/demo.toml has no node and no sender 'x'"},
       {"Not/a/name " + key_2, "is no name"},
       {"w " + key_2 + "\nw " + key_2, "f:3: w stands twice"},
       {"b " + key_1, "this is the public key of w already"},
       {"a " + key_2, "the private key of a is here, and belongs to another public key"}}));
  CAPTURE(line);
  FakeEnvironment environment;
  environment.files[keys + "w.public"].text = key_1;
  environment.files[keys + "a.secret"].text = "secret1";
  environment.files["f"].text = "# from b\n" + line + "\n";
  const auto before = environment.files.size();

  const Outcome outcome = run_command(import_of("f", true), environment);

  CHECK(outcome.exit != exit_fine);
  CHECK_THAT(outcome.error, Catch::Contains(why));
  CHECK(environment.files.size() == before);
}

TEST_CASE("a private key is recognised where a public one should be", "[pacelinectl]") {
  FakeEnvironment environment;
  environment.files[keys + "a.secret"].text = key_2;
  environment.files["f"].text = "b " + key_2;

  CHECK_THAT(run_command(import_of("f"), environment).error,
             Catch::Contains("this is the private key of a"));
}

TEST_CASE("a key has 40 characters of Z85 that stand for 32 bytes", "[pacelinectl]") {
  CHECK(is_curve_key(key_1));
  CHECK_FALSE(is_curve_key(key_1.substr(1)));
  CHECK_FALSE(is_curve_key(key_1 + "0"));
  CHECK_FALSE(is_curve_key(key_1.substr(1) + "\""));
  CHECK_FALSE(is_curve_key("#####" + key_1.substr(5)));  // Over 2^32 - 1.
}

}  // namespace paceline::test
