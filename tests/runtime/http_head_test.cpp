#include "common/runtime/http_head.h"

#include <rapidcheck.h>

#include "tests/support/catch.h"

namespace paceline::test {
namespace {

std::string refusal(std::string_view target, std::string_view method = "GET") {
  const auto read = read_request_target(method, target);
  return read ? "" : read.error().detail;
}

int fault(const HttpHeaders& fields, std::string_view version = "HTTP/1.1") {
  const auto found = fault_of_fields(fields, version);
  return found ? found->status : 0;
}

}  // namespace

TEST_CASE("a target is a path with parameters, decoded", "[runtime]") {
  const auto read = read_request_target("GET", "/a%20b/+?x=1&x=2&&y=%2B+&z&%3d==");

  REQUIRE(read);
  CHECK(read->path == "/a b/+");
  CHECK(read->query == std::multimap<std::string, std::string>{
                           {"x", "1"}, {"x", "2"}, {"y", "+ "}, {"z", ""}, {"=", "="}});
  CHECK_FALSE(read->authority);
}

TEST_CASE("a target with its host before it is the same path of that host", "[runtime]") {
  const auto read = read_request_target("GET", "http://Pace.example:7110/readyz?a=b");

  REQUIRE(read);
  CHECK(read->path == "/readyz");
  CHECK(read->query.size() == 1);
  CHECK(read->authority == "Pace.example:7110");
  CHECK(read_request_target("GET", "HTTPS://[::1]:1")->path == "/");
  CHECK(read_request_target("GET", "http://h?x=/")->query.begin()->second == "/");
  CHECK(read_request_target("OPTIONS", "*")->path == "*");
}

TEST_CASE("a target that could be read in two ways is refused", "[runtime]") {
  for (const char* target : {"", "x", "*", "h:80", "ftp://h/", "http:///x", "http://user@h/x",
                             "/a b", "/a\x01", "/a\x7f", "/a#b", "/%", "/%4", "/%zz", "/?a=%g0"}) {
    CAPTURE(target);
    CHECK_FALSE(refusal(target).empty());
  }
  CHECK_THAT(refusal("/a%00b"), Catch::Contains("%00"));
  CHECK_THAT(refusal("/?a%00=b"), Catch::Contains("%00"));
  CHECK_THAT(refusal("/?a=b%00"), Catch::Contains("%00"));
  CHECK(refusal("/a%01%ff\xc3\xa9").empty());
}

TEST_CASE("two hundred parameters are read and one more is too many", "[runtime]") {
  std::string target = "/?a";
  for (int i = 1; i < 200; ++i) target += "&a";

  CHECK(read_request_target("GET", target)->query.size() == 200);
  CHECK_THAT(refusal(target + "&a"), Catch::Contains("more than 200 parameters"));
  CHECK(refusal(target + "&&&&").empty());
}

TEST_CASE("any target is read or refused", "[runtime][property]") {
  REQUIRE(rc::check("any bytes", [](const std::string& bytes) {
    const auto read = read_request_target("GET", "/" + bytes);
    if (read) RC_ASSERT(read->path.find('\0') == std::string::npos);
  }));
}

TEST_CASE("fields that frame a body in two ways are refused", "[runtime]") {
  CHECK(fault({{"host", "h"}, {"content-length", "5"}}) == 0);
  CHECK(fault({{"transfer-encoding", "Chunked"}, {"x", "a\tb"}}) == 0);
  CHECK(fault({{"content-length", "5"}, {"content-length", "5"}}) == 400);
  CHECK(fault({{"content-length", "5"}, {"transfer-encoding", "chunked"}}) == 400);
  CHECK(fault({{"transfer-encoding", "chunked"}, {"transfer-encoding", "chunked"}}) == 400);
  CHECK(fault({{"transfer-encoding", "gzip, chunked"}}) == 501);
  CHECK(fault({{"transfer-encoding", "chunked"}}, "HTTP/1.0") == 400);
  CHECK(fault({{"content-length", "5"}}, "HTTP/1.0") == 0);
  CHECK(fault({{"host", "a"}, {"host", "b"}}) == 400);
  CHECK(fault({{"content-length ", "5"}}) == 400);
  CHECK(fault({{"", "5"}}) == 400);
  CHECK(fault({{"x", "a\rb"}}) == 400);
  CHECK(fault(HttpHeaders(100, {"x", ""})) == 0);
  CHECK(fault(HttpHeaders(101, {"x", ""})) == 431);
}

TEST_CASE("fields are plain when each follows the one before", "[runtime]") {
  // As libmicrohttpd leaves a head: "GET", "/x", "HTTP/1.1", CR LF, two fields, an empty line.
  const std::string head{"GET\0/x\0HTTP/1.1\0\0Host\0 a \0\0B\0c\0\0\0\0", 34};
  const auto read = [&](const std::string& text, std::vector<std::pair<int, int>> fields) {
    FieldReader reader{text.data() + 6, text.data() + 7};
    for (const auto& [name, value] : fields) reader.take(text.data() + name, text.data() + value);
    return std::pair{reader.is_plain(), reader.fields};
  };

  const auto [plain, fields] = read(head, {{17, 23}, {27, 29}});
  CHECK(plain);
  CHECK(fields == HttpHeaders{{"host", "a"}, {"b", "c"}});
  CHECK_FALSE(read(head, {{27, 29}}).first);  // The first is not where it should be.
  std::string cut = head;
  cut.replace(31, 1, "z");  // Behind the zero of the last value goes more.
  CHECK_FALSE(read(cut, {{17, 23}, {27, 29}}).first);
  CHECK_FALSE(FieldReader{nullptr, ""}.is_plain());
}

}  // namespace paceline::test
