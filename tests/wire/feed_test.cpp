#include "common/wire/feed.h"

#include <fmt/format.h>
#include <rapidcheck.h>

#include <cmath>

#include "common/wire/codec.h"
#include "tests/support/catch.h"

namespace paceline::test {
namespace {

Bytes bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

FeedReading json(std::string_view rows) {
  const auto reading = read_feed_rows(bytes_of("{\"sender\":\"crm\"}\n" + std::string{rows}));
  REQUIRE(reading);
  return *reading;
}

/// The refusal of a row that is the only one; its key and why.
std::pair<std::string, std::string> refused(const FeedReading& reading) {
  REQUIRE(reading.rows.empty());
  REQUIRE(reading.refused == 1);
  REQUIRE(reading.refusals.size() == 1);
  return {reading.refusals[0].key, reading.refusals[0].why};
}

/// A message of MessagePack with one row, as bytes.
Bytes message_with(std::string_view row) {
  Bytes bytes = bytes_of(
      "\x93\x01\xa3"
      "crm"
      "\x91");
  bytes.insert(bytes.end(), row.begin(), row.end());
  return bytes;
}

using Refusal = std::pair<std::string, std::string>;

}  // namespace

TEST_CASE("lines of JSON are a sender and rows", "[wire]") {
  const auto message = bytes_of(
      "{\"sender\":\"crm-a\"}\n"
      "{\"target\":\"t00\",\"logged_in\":12,\"ready\":3.0,\"age_s\":1.5}\r\n"
      "\n"
      "{\"target\":\"t01\",\"ready\":null}");

  const auto sender = read_feed_sender(message);
  const auto reading = read_feed_rows(message);

  REQUIRE(sender);
  CHECK(*sender == "crm-a");
  REQUIRE(reading);
  CHECK(reading->refused == 0);
  REQUIRE(reading->rows.size() == 2);
  CHECK(reading->rows[0].number == 1);
  CHECK(reading->rows[0].row ==
        FeedRow{.target = "t00", .logged_in = 12, .ready = 3, .age_s = 1.5});
  CHECK(reading->rows[1].number == 2);
  CHECK(reading->rows[1].row == FeedRow{.target = "t01"});
}

TEST_CASE("MessagePack is the same as an array, whose rows may end early", "[wire]") {
  const Bytes whole = encode(FeedMessage{.sender = "crm-a", .rows = {{.target = "t", .ready = 3}}});

  CHECK(read_feed_sender(whole) == "crm-a");
  CHECK(read_feed_rows(whole)->rows.at(0).row == FeedRow{.target = "t", .ready = 3});
  CHECK(read_feed_rows(message_with("\x93\xa1t\x0c\xc0"))->rows.at(0).row ==
        FeedRow{.target = "t", .logged_in = 12});
  // Beyond those that we know: of a newer sender.
  CHECK(read_feed_rows(message_with(std::string{"\xdc\x00\x10\xa1t", 5} + std::string(15, '\x07')))
            ->rows.at(0)
            .row.timestamp_ms == 7);
}

TEST_CASE("a row that is wrong is refused with its key and reason, and costs no other", "[wire]") {
  const auto reading = json(
      "{\"target\":\"a\",\"ready\":1}\n"
      "{\"target\":\"b\",\"ready\":\"many\"}\n"
      "{\"target\":\"c\",\"ready\":2}");

  CHECK(reading.rows.size() == 2);
  CHECK(reading.refusals.at(0) ==
        FeedRefusal{
            .row = 2, .target = "b", .key = "ready", .why = "ready = \"many\": not a number"});
}

TEST_CASE("each thing that can be wrong with a row of JSON has its key and reason", "[wire]") {
  const auto [row, expected] = GENERATE(table<std::string, Refusal>({
      {R"({"target":"t","ready":-2})", {"ready", "ready = -2: not in [0, 2000000000]"}},
      {R"({"target":"t","ready":-0.5})", {"ready", "ready = -0.5: not in [0, 2000000000]"}},
      {R"({"target":"t","in_queue":3e9})",
       {"in_queue", "in_queue = 3000000000: not in [0, 2000000000]"}},
      {R"({"target":"t","ready":true})", {"ready", "ready = true: not a number"}},
      {R"({"target":"t","ready":[[null]]})", {"ready", "ready = [[null]]: not a number"}},
      {R"({"target":"t","redy":1})", {"redy", "no such field"}},
      {R"({"target":"t","ready":1,"ready":2})", {"ready", "ready: twice"}},
      {R"({"ready":1})", {"target", "target: missing"}},
      {R"({"target":""})", {"target", "target: missing"}},
      {R"({"target":7})", {"target", "target = 7: not a text"}},
      {R"(["t"])", {"", R"(["t"]: not an object)"}},
  }));
  CAPTURE(row);

  CHECK(refused(json(row)) == expected);
}

TEST_CASE("NaN and what else is no JSON is refused as a row", "[wire]") {
  for (const auto* row : {R"({"target":"t","ready":NaN})", R"({"target":"t","ready":1e999})",
                          R"({"target":"t")", "t,1,2", "{\"target\":\"\xff\"}"}) {
    CAPTURE(row);
    const auto [key, why] = refused(json(row));
    CHECK(key.empty());
    CHECK(why.starts_with("not JSON: "));
  }
}

TEST_CASE("each thing that can be wrong with a row of MessagePack has its key and reason",
          "[wire]") {
  const auto row = [](double ready) {
    return encode(FeedMessage{.sender = "crm", .rows = {{.target = "t", .ready = ready}}});
  };
  CHECK(refused(*read_feed_rows(row(std::nan("")))) ==
        Refusal{"ready", "ready = nan: not in [0, 2000000000]"});
  CHECK(refused(*read_feed_rows(row(HUGE_VAL))) ==
        Refusal{"ready", "ready = inf: not in [0, 2000000000]"});
  CHECK(refused(*read_feed_rows(message_with("\x92\xa1t\xa1x"))).first == "logged_in");
  CHECK(refused(*read_feed_rows(message_with("\x92\xa1t\x91\x91\xc0"))).first == "logged_in");
  CHECK(refused(*read_feed_rows(message_with("\x90"))) == Refusal{"target", "target: missing"});
  CHECK(refused(*read_feed_rows(message_with("\x91\xc0"))) == Refusal{"target", "target: missing"});
  CHECK(refused(*read_feed_rows(message_with("\xc0"))).first.empty());
}

TEST_CASE("a message that breaks off is refused as a whole", "[wire]") {
  CHECK(read_feed_rows(message_with("")).error().detail == "1 items in 0 bytes");
  CHECK_THAT(read_feed_rows(message_with("\x92\xa1t")).error().detail,
             Catch::StartsWith("row 1: ") && Catch::EndsWith("in their order"));
  CHECK_THAT(read_feed_rows(message_with("\x81\xa1t\x01")).error().detail,  // A map.
             Catch::EndsWith("a row is an array of fields in their order"));
  CHECK_THAT(read_feed_rows(message_with("\x90\x01")).error().detail,
             Catch::Contains("1 bytes left over"));
  CHECK(read_feed_rows(message_with(std::string(40, '\x91') + "\xc0")).error().code ==
        Errc::too_large);
}

TEST_CASE("who speaks is read before the rows, and a wrong opening says what is expected",
          "[wire]") {
  const auto why = [](std::string_view text) {
    return read_feed_sender(bytes_of(text)).error().detail;
  };
  CHECK(read_feed_sender(bytes_of("{}")) == "");
  CHECK(read_feed_sender(bytes_of("{\"version\":1,\"sender\":\"a\"}\nnonsense")) == "a");
  CHECK(why("") == "empty");
  CHECK(why("\n \n") == "empty");
  CHECK(why("{\"version\":2,\"sender\":\"a\"}") == "version: this process speaks 1");
  CHECK(why("{\"target\":\"t\",\"ready\":1}") ==
        "target: not in the first line, which is {\"sender\": NAME}");
  CHECK_THAT(why("t00,1,2"), Catch::StartsWith("the first line is not JSON: "));
  CHECK_THAT(why("\x92\x01\xa1"
                 "a"),
             Catch::Contains("not [version, sender, rows]"));
  CHECK(why("\x93\x02\xa1"
            "a\x90") == "version 2: this process speaks 1");
  CHECK_THAT(why("\x80"), Catch::Contains("not an array"));
}

TEST_CASE("a mark of the byte order may come first, and UTF-16 is told", "[wire]") {
  const auto marked = bytes_of("\xef\xbb\xbf{\"sender\":\"crm\"}\r\n{\"target\":\"t\"}\r\n");

  CHECK(feed_notation(marked) == FeedNotation::json_lines);
  CHECK(read_feed_sender(marked) == "crm");
  REQUIRE(read_feed_rows(marked));
  CHECK(read_feed_rows(marked)->rows.size() == 1);
  CHECK(read_feed_sender(bytes_of("\xef\xbb\xbf")).error().detail == "empty");
  for (const auto wide : {std::string_view{"\xff\xfe{\0", 4}, std::string_view{"\xfe\xff\0{", 4}}) {
    CHECK(feed_notation(bytes_of(wide)) == FeedNotation::json_lines);
    CHECK(read_feed_sender(bytes_of(wide)).error().detail == "text in UTF-16: send UTF-8");
  }
}

TEST_CASE("bytes, rows and named refusals have their bounds", "[wire]") {
  std::string large_text = "{\"sender\":\"a\"}\n";
  large_text.resize(max_feed_bytes, ' ');
  CHECK(read_feed_rows(bytes_of(large_text)));
  CHECK(read_feed_rows(bytes_of(large_text + " ")).error().code == Errc::too_large);
  CHECK(read_feed_sender(bytes_of(large_text + " ")) ==
        "a");  // So that it is told of the right one.
  CHECK_THAT(read_feed_sender(bytes_of(std::string(2000, 'x'))).error().detail,
             Catch::Contains("longer than 1024 bytes"));

  std::string rows;
  for (std::size_t i = 0; i < max_feed_rows; ++i) rows += "{}\n";
  const auto most = json(rows);
  CHECK(most.refused == max_feed_rows);
  CHECK(most.refusals.size() == max_feed_refusals);
  CHECK(read_feed_rows(bytes_of("{}\n" + rows + "{}")).error().code == Errc::too_large);

  const FeedMessage large{.sender = "a", .rows = std::vector<FeedRow>(max_feed_rows + 1)};
  CHECK(read_feed_rows(encode(large)).error().code == Errc::too_large);
}

TEST_CASE("what a refusal shows of a row is short and printable", "[wire]") {
  const auto refusal = json(fmt::format("{{\"target\":\"{}\",\"ready\":\"{}\"}}",
                                        std::string(5000, 't'), std::string(5000, 'x')))
                           .refusals.at(0);
  CHECK(refusal.target.size() <= 128);
  CHECK(refusal.why.size() < 200);
  CHECK(
      json("{\"target\":\"t\",\"\x1b[31m\xc3\xa9\":1}").refusals.at(0).why.starts_with("not JSON"));
  CHECK(json("{\"target\":\"t\",\"\xc3\xa9\":1}").refusals.at(0).key == "??");
}

TEST_CASE("the answer is in the notation of its message", "[wire]") {
  const FeedAnswer answer{.taken = 3, .refused = 1, .refusals = {{4, "t", "ready", "why"}}};

  const auto text = write_feed_answer(answer, feed_notation(bytes_of("{}")));
  const auto packed = write_feed_answer(answer, feed_notation(bytes_of("\x93")));

  CHECK(
      std::string(text.begin(), text.end()) ==
      R"({"version":1,"taken":3,"refused":1,"why":"","refusals":[{"row":4,"target":"t","key":"ready","why":"why"}]})");
  CHECK(decode<FeedAnswer>(packed) == answer);
}

TEST_CASE("any bytes give a sender and rows, or an error", "[wire][property]") {
  REQUIRE(rc::check([](const std::vector<std::uint8_t>& bytes) {
    (void)read_feed_sender(bytes);
    (void)read_feed_rows(bytes);
    Bytes opened = bytes_of(
        "\x93\x01\xa1"
        "a\x93");
    opened.insert(opened.end(), bytes.begin(), bytes.end());
    (void)read_feed_rows(opened);
    Bytes lines = bytes_of("{}\n");
    lines.insert(lines.end(), bytes.begin(), bytes.end());
    (void)read_feed_rows(lines);
  }));
}

TEST_CASE("a message that is cut or has a byte changed costs nothing but itself",
          "[wire][property]") {
  FeedMessage good{.sender = "crm"};
  for (int i = 0; i < 5; ++i)
    good.rows.push_back(
        {.target = fmt::format("t{}", i), .logged_in = 5, .ready = 2.5, .age_s = 1});
  const Bytes bytes = encode(good);

  REQUIRE(rc::check([&](std::uint16_t at, std::uint8_t byte) {
    Bytes damaged = bytes;
    damaged[at % damaged.size()] = byte;
    const auto reading = read_feed_rows(damaged);
    if (reading) RC_ASSERT(reading->rows.size() + reading->refused <= 15u);
    const std::span cut{bytes.data(), 1 + at % (bytes.size() - 1)};
    RC_ASSERT(!read_feed_rows(cut));
  }));
}

}  // namespace paceline::test
