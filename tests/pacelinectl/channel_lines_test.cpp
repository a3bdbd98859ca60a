#include "services/pacelinectl/channel_lines.h"

#include <nlohmann/json.hpp>

#include "common/wire/codec.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

const Address sending_pacer{"a", "pacer", 0};

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

constexpr const char* arrival = "2026-11-25T03:00:00.000Z";

std::vector<std::string> heard(ChannelLines& lines, const StateFrame<TargetPace>& frame) {
  auto news = lines.lines_of(sending_pacer, encode(frame), arrival);
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
  CHECK(
      changed[0].starts_with("2026-11-25T03:00:00.000Z a/pacer/0 t1 state=stale "
                             "reason=stale_statistics proactive=5 "));
  CHECK(changed[0].ends_with(" goal=0\n"));
  REQUIRE(in_keyframe.size() == 2);
  CHECK(in_keyframe[0].starts_with("2026-11-25T03:00:00.000Z a/pacer/0 t0 "));
}

TEST_CASE("one target is followed from where it stands", "[pacelinectl]") {
  ChannelLines lines{"pace", {.target = "t1"}};

  const auto first = heard(lines, keyframe(1));

  REQUIRE(first.size() == 1);
  CHECK(first[0].starts_with("2026-11-25T03:00:00.000Z a/pacer/0 t1 "));
  CHECK(heard(lines, delta(0, 9)).empty());
}

TEST_CASE("a message without rows is one line, also as JSON", "[pacelinectl]") {
  const Address elector{"a", "elector", 0};
  const Bytes grant = encode(Grant{.node = "a", .term = 257, .why = "a \"b\"\n"});
  ChannelLines text{"grant", {}};
  ChannelLines json{"grant", {.json = true}};

  const auto as_text = text.lines_of(elector, grant, arrival);
  const auto as_json = json.lines_of(elector, grant, arrival);

  REQUIRE(as_text);
  REQUIRE(as_json);
  REQUIRE(as_text->size() == 1);
  REQUIRE(as_json->size() == 1);
  CHECK(as_text->front().find(" term=257 ") != std::string::npos);
  CHECK(as_text->front().find('\n') == as_text->front().size() - 1);
  const auto object = nlohmann::json::parse(as_json->front());
  CHECK(object["time"] == arrival);
  CHECK(object["from"] == "a/elector/0");
  CHECK(object["term"] == 257);
  CHECK(object["why"] == "a \"b\"\n");
  CHECK_FALSE(object.contains("target"));
}

TEST_CASE("a line as JSON has every field of the message's schema", "[pacelinectl]") {
  ChannelLines rows{"pace", {.target = "t1", .json = true}};
  ChannelLines reports{"publication", {.json = true}};

  const auto row = nlohmann::json::parse(heard(rows, keyframe(1)).at(0));
  const auto report = nlohmann::json::parse(
      reports.lines_of({"a", "publisher", 0}, encode(PublicationReport{}), arrival)->at(0));

  CHECK(row.size() == 3 + field_count<TargetPace>);
  CHECK(row["target"] == "t1");
  CHECK(row["proactive"] == 2);
  for_each_field<TargetPace>([&](const auto& field) { CHECK(row.contains(field.name)); });
  CHECK(report.size() == 2 + field_count<PublicationReport>);
  CHECK(report["outcome"] == "none");
  CHECK(report["since_accepted_s"].is_null());
}

TEST_CASE("garbage is an error, an index beyond the names is passed over", "[pacelinectl]") {
  ChannelLines lines{"pace", {}};
  heard(lines, keyframe(1));

  const Bytes garbage{0xdd, 0xff, 0xff, 0xff, 0xff};
  CHECK_FALSE(lines.lines_of(sending_pacer, garbage, arrival));
  CHECK_FALSE(lines.lines_of(sending_pacer, {}, arrival));
  CHECK(heard(lines, delta(99, 5)).empty());
}

}  // namespace
}  // namespace paceline::test
