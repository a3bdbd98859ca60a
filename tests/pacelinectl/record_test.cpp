// `record` and `record check`, without a world.
#include "services/pacelinectl/commands.h"
#include "services/statfeed/feed_file.h"
#include "tests/pacelinectl/fake_environment.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacelinectl;
using namespace statfeed;
namespace {

TEST_CASE("record asks statfeed to write to an absolute path for so long", "[pacelinectl]") {
  FakeEnvironment environment;
  environment.processes.emplace("a/statfeed/0", encode(StatusReply{{{"recording", "true"}}}));
  Request asked = request_at("a", "record", {"day.feed"});
  asked.length = "24h";

  CHECK(run_command(asked, environment).out == "recording  true\n");
  CHECK(environment.asked.back() == "a/statfeed/0 record /etc/day.feed 86400");
  asked.arguments.clear();
  CHECK(run_command(asked, environment).exit == exit_usage);
  asked = request_at("a", "record", {});
  asked.stop = true;
  run_command(asked, environment);
  CHECK(environment.asked.back() == "a/statfeed/0 record stop");
  asked = request_at("a", "record", {"x"});
  asked.length = "soon";
  CHECK(run_command(asked, environment).exit == exit_usage);
}

TEST_CASE("a recorded feed is looked through and its damage is told by the byte", "[pacelinectl]") {
  FakeEnvironment environment;
  auto& feed = environment.files["day.feed"].text;
  feed = feed_header;
  encode_feed({.kind = FeedRecord::Kind::targets, .targets = {{0, {"t", "g", "q"}}}}, feed);
  encode_feed({.kind = FeedRecord::Kind::updates, .at = 61s, .server = 1, .updates = {{}, {}}},
              feed);

  const Outcome whole = run_command(request_at("a", "record check", {"day.feed"}), environment);
  const auto size = feed.size();
  feed += "nonsense";
  const Outcome damaged = run_command(request_at("a", "record check", {"day.feed"}), environment);
  environment.files["png"].text = "PNG";

  CHECK(whole.exit == exit_fine);
  CHECK(whole.out.find("length            61s\n") != std::string::npos);
  CHECK(whole.out.find("readings_backup   2\n") != std::string::npos);
  CHECK(damaged.exit == exit_mistakes);
  CHECK(damaged.out.find("damaged at byte " + std::to_string(size)) != std::string::npos);
  CHECK(run_command(request_at("a", "record check", {"png"}), environment).error ==
        "png: not a recorded feed");
}

}  // namespace
}  // namespace paceline::test
