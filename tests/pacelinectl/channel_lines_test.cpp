#include "services/pacelinectl/channel_lines.h"

#include <nlohmann/json.hpp>

#include "common/wire/codec.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

const Address pacer{"a", "pacer", 0};

StateFrame<TargetPace> keyframe(std::int32_t proactive) {
  StateFrame<TargetPace> frame;
  frame.header.keyframe = true;
  frame.header.dictionary = 7;
  frame.ids = {"t0", "t1"};
  frame.indices = {0, 1};
  frame.rows = {{.proactive = proactive}, {.proactive = 2}};
  return frame;
}

StateFrame<TargetPace> delta(std::uint32_t index, std::int32_t proactive) {
  StateFrame<TargetPace> frame;
  frame.header.dictionary = 7;
  frame.indices = {index};
  frame.rows = {{.proactive = proactive}};
  return frame;
}

std::vector<ChannelLine> heard(ChannelLines& lines, const StateFrame<TargetPace>& frame) {
  auto news = lines.lines_of(pacer, encode(frame));
  REQUIRE(news);
  return *std::move(news);
}

TEST_CASE("rows are lines once their names are known, and only what changed is news",
          "[pacelinectl]") {
  ChannelLines lines{"pace", {}};

  CHECK(heard(lines, delta(1, 5)).empty());
  CHECK(heard(lines, keyframe(1)).empty());
  const auto changed = heard(lines, delta(1, 5));
  CHECK(heard(lines, delta(1, 5)).empty());
  const auto in_keyframe = heard(lines, keyframe(4));

  REQUIRE(changed.size() == 1);
  CHECK(changed[0].target == "t1");
  CHECK(line_text(changed[0])
            .starts_with("a/pacer/0 t1 state=stale reason=stale_statistics "
                         "proactive=5 "));
  REQUIRE(in_keyframe.size() == 2);
  CHECK(in_keyframe[0].target == "t0");
}

TEST_CASE("one target is followed from where it stands", "[pacelinectl]") {
  ChannelLines lines{"pace", {.target = "t1"}};

  const auto first = heard(lines, keyframe(1));

  REQUIRE(first.size() == 1);
  CHECK(first[0].target == "t1");
  CHECK(heard(lines, delta(0, 9)).empty());
}

TEST_CASE("a message without rows is one line, also as JSON", "[pacelinectl]") {
  ChannelLines lines{"grant", {}};
  const auto news = lines.lines_of({"a", "elector", 0},
                                   encode(Grant{.node = "a", .term = 257, .why = "a \"b\"\n"}));

  REQUIRE(news);
  REQUIRE(news->size() == 1);
  const auto json = nlohmann::json::parse(line_json(news->front(), "2026-11-25T03:00:00.000Z"));
  CHECK(json["from"] == "a/elector/0");
  CHECK(json["term"] == 257);
  CHECK(json["why"] == "a \"b\"\n");
  CHECK(line_text(news->front()).find('\n') == std::string::npos);
}

TEST_CASE("garbage is an error, an index beyond the names is passed over", "[pacelinectl]") {
  ChannelLines lines{"pace", {}};
  heard(lines, keyframe(1));

  const Bytes garbage{0xdd, 0xff, 0xff, 0xff, 0xff};
  CHECK_FALSE(lines.lines_of(pacer, garbage));
  CHECK_FALSE(lines.lines_of(pacer, {}));
  CHECK(heard(lines, delta(99, 5)).empty());
}

}  // namespace
}  // namespace paceline::test
