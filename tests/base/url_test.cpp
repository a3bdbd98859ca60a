#include "common/base/url.h"

#include "tests/support/catch.h"

namespace paceline::test {
namespace {

bool sends_secrets_to(std::string_view text) {
  const auto url = parse_url(text);
  return url && may_carry_secrets(*url);
}

}  // namespace

TEST_CASE("a secret goes to https, and to http on this host alone", "[base]") {
  CHECK(sends_secrets_to("https://pacing.example.com/v2"));
  CHECK(sends_secrets_to("HTTPS://pacing.example.com"));
  CHECK(sends_secrets_to("http://localhost:8080/token"));
  CHECK(sends_secrets_to("http://LocalHost/"));
  CHECK(sends_secrets_to("http://127.0.0.1/"));
  CHECK(sends_secrets_to("http://127.8.9.10:1/"));
  CHECK(sends_secrets_to("http://[::1]:8080/"));
}

TEST_CASE("a host that only begins like this one gets no secret in clear", "[base]") {
  const auto text = GENERATE(
      as<std::string>{}, "http://localhost.attacker.example/", "http://127.0.0.1.attacker.example/",
      "http://localhost@attacker.example/", "http://127.0.0.1:80@attacker.example/",
      "http://[::1].attacker.example/", "http://pacing.example.com/", "http://128.0.0.1/",
      "http://[::2]/", "http://[::ffff:10.0.0.1]/", "http://localhost-/", "http://0.0.0.0/");
  CAPTURE(text);

  CHECK(!sends_secrets_to(text));
}

TEST_CASE("what is no address on the web is refused", "[base]") {
  const auto text =
      GENERATE(as<std::string>{}, "", "pacing.example.com", "ftp://localhost/",
               "file:///etc/passwd", "http://", "https://a b/", "https://a/\n",
               "https://user:secret@a/", "https://user@a/", "https://[::1/", "https://a:99999/");
  CAPTURE(text);

  CHECK(!parse_url(text));
}

TEST_CASE("the parts of an address are what curl will connect to", "[base]") {
  CHECK(parse_url("https://Example.com:443/a?b#c")->host == "Example.com");
  CHECK(parse_url("http://[::1]:80/")->host == "::1");
  CHECK(parse_url("http://127.1/")->host == "127.0.0.1");
  CHECK(parse_url("http://a/")->port == 80);
  CHECK(parse_url("https://a/")->port == 443);
  CHECK(parse_url("https://a:8443/")->port == 8443);
}

TEST_CASE("percent-encoding leaves what RFC 3986 calls unreserved", "[base]") {
  CHECK(percent_encoded("").empty());
  CHECK(percent_encoded("Az09-._~") == "Az09-._~");
  CHECK(percent_encoded("a b/c?d=e&f+*") == "a%20b%2Fc%3Fd%3De%26f%2B%2A");
  CHECK(percent_encoded("\xc3\xbc") == "%C3%BC");
  CHECK(percent_encoded(std::string_view{"a\0b", 3}) == "a%00b");
}

TEST_CASE("a proxy may have a password and has a port of its own where it names none", "[base]") {
  CHECK(*parse_proxy("http://user:secret@proxy.test") ==
        Url{.scheme = "http", .host = "proxy.test", .port = 1080});
  CHECK(parse_proxy("https://proxy.test")->port == 443);
  CHECK(parse_proxy("http://[::1]:3128")->port == 3128);
  CHECK(!parse_proxy("socks5://proxy.test"));
}

}  // namespace paceline::test
