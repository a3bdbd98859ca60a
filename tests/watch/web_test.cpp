#include "services/watch/web.h"

#include "tests/support/catch.h"

namespace paceline::test {
using namespace watch;
namespace {

std::string header(const WebAnswer& answer, std::string_view name) {
  for (const auto& [key, value] : answer.headers)
    if (key == name) return value;
  return "";
}

}  // namespace

TEST_CASE("bodies from one KiB on are compressed, for who accepts it", "[watch]") {
  const WebRequest accepts{.headers = {{"accept-encoding", "gzip"}}};

  CHECK(header(compressed(accepts, {.body = std::string(1023, 'x')}), "Content-Encoding").empty());
  CHECK(header(compressed(accepts, {.body = std::string(1024, 'x')}), "Content-Encoding") ==
        "gzip");
  CHECK(header(compressed({}, {.body = std::string(1024, 'x')}), "Content-Encoding").empty());
}

TEST_CASE("only what was found has a tag, the same whether compressed or not", "[watch]") {
  CHECK(header(tagged({}, {.status = 404, .body = "no"}), "ETag").empty());
  const auto tag = header(tagged({}, {.body = "yes"}), "ETag");
  CHECK(tag.starts_with("W/\""));
  CHECK(tagged({.headers = {{"if-none-match", "*"}}}, {.body = "yes"}).status == 304);
  CHECK(tagged({.headers = {{"if-none-match", tag}}}, {.body = "other"}).status == 200);
  CHECK(tagged({.headers = {{"if-none-match", tag}}}, {.body = "yes"}).status == 304);
  CHECK(tagged({.headers = {{"if-none-match", tag.substr(2)}}}, {.body = "yes"}).status == 304);
}

TEST_CASE("a media type is as welcome as the header Accept says", "[watch]") {
  const auto weight = [](std::string_view accept, std::string_view type = "text/csv") {
    return acceptance_of(accept, type).weight;
  };

  CHECK(weight("") == 1);
  CHECK(weight("text/csv") == 1);
  CHECK(weight("Text/CSV; charset=utf-8; Q=0.5") == 0.5);
  CHECK(weight("text/csv;q=0") == 0);
  CHECK(weight("text/csv;q=0, */*") == 0);
  CHECK(weight("*/*, text/csv ; q=0.000") == 0);
  CHECK(weight("text/*;q=0.3, */*;q=0.9") == 0.3);
  CHECK(weight("*/*;q=0.9") == 0.9);
  CHECK(weight("application/json") == 0);
  CHECK(weight("text/csvx, text, */csv") == 0);
  for (const char* odd : {"text/csv;q=", "text/csv;q=x", "text/csv;q=2", "text/csv;q=-1",
                          "text/csv;q=1e0", "text/csv;q=nan"}) {
    CAPTURE(odd);
    CHECK(weight(odd) == 0);
  }
  CHECK(acceptance_of("text/csv, */*", "text/csv").named_as == 2);
  CHECK(acceptance_of("text/*", "text/csv").named_as == 1);
}

TEST_CASE("a problem is application problem json and is not kept", "[watch]") {
  const auto answer = problem(409, "b is not fit");

  CHECK(answer.status == 409);
  CHECK(answer.content_type == "application/problem+json");
  CHECK(answer.body.find("\"title\":\"Conflict\"") != std::string::npos);
  CHECK(header(answer, "Cache-Control") == "no-store");
}

}  // namespace paceline::test
