#include "common/base/secrets.h"

#include "tests/support/catch.h"

namespace paceline::test {
namespace {

Settings settings_of(const std::string& text) {
  auto settings = Settings::parse(text, "dir/f.toml");
  REQUIRE(settings);
  return *std::move(settings);
}

TEST_CASE("a key is the first word of its file", "[base]") {
  CHECK(first_word("  abc\n") == "abc");
  CHECK(first_word("abc a note\n") == "abc");
  CHECK(first_word("\n\n\tabc") == "abc");
  CHECK(first_word("") == "");
  CHECK(first_word(" \r\n") == "");
}

TEST_CASE("a secret is the first line of its file without its line break", "[base]") {
  CHECK(secret_in("hunter2\n") == "hunter2");
  CHECK(secret_in("hunter2\r\nset on Monday\n") == "hunter2");
  CHECK(secret_in(" with blanks ") == " with blanks ");
  CHECK(secret_in("").error().detail == "its first line is empty");
  CHECK(secret_in("\nhunter2\n").error().detail == "its first line is empty");
  CHECK(secret_in(std::string{"hun\tter2", 8}).error().detail ==
        "its first line has a control character");
}

TEST_CASE("a secret stands in the settings or in a file that they name, never in both", "[base]") {
  auto text = settings_of("password = 'hunter2'\n");
  auto file = settings_of("password_file = 'secret'\n");
  auto both = settings_of("password = 'hunter2'\npassword_file = 'secret'\n");
  auto none = settings_of("");

  CHECK(secret_setting(text, "password")->text == "hunter2");
  CHECK(secret_setting(file, "password")->file == "dir/secret");
  CHECK(secret_setting(none, "password") == SecretSetting{});
  const auto refused = secret_setting(both, "password");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().detail ==
        "dir/f.toml:2:17: password_file = \"secret\": password is given too: one of both");
}

TEST_CASE("a secret with a control character is refused without being shown", "[base]") {
  auto settings = settings_of("password = \"hunter\\n2\"\n");

  CHECK(secret_setting(settings, "password").error().detail ==
        "dir/f.toml:1:12: password = ****: has a control character");
}

TEST_CASE("what may be a secret is never shown, whatever slip is in its key", "[base]") {
  for (const char* key : {"passwrod", "pasword", "pwd", "tokne", "secert", "api_kye",
                          "becrer_token", "client_secrt", "credentials"}) {
    CAPTURE(key);
    auto settings = settings_of(std::string{key} + " = 'hunter2'\n");
    (void)settings.secret("password", "");
    const auto refused = settings.finish(0);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().detail.find(std::string{key} + " = ****: unknown key") !=
          std::string::npos);
  }
}

TEST_CASE("an error about a secret names its key and not its value", "[base]") {
  auto settings = settings_of("[watch]\noperate_token = 'hunter2'\n");
  auto watch = settings.table("watch");
  REQUIRE(watch);
  (void)watch->secret("operate_token", "");

  CHECK(watch->error("operate_token", "is the read_token too").detail ==
        "dir/f.toml:2:17: watch.operate_token = ****: is the read_token too");
}

}  // namespace
}  // namespace paceline::test
