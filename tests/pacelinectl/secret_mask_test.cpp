// secret_mask.cpp: what is hidden, what stays, and that no secret of any letters gets through.
#include "services/pacelinectl/secret_mask.h"

#include <rapidcheck.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include "common/base/base64.h"
#include "common/base/url.h"
#include "tests/support/catch.h"
#include "tests/support/source_folder.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

std::string masked(std::string_view file) {
  SecretMask mask;
  return mask.settings(file);
}

std::string source_of(const std::filesystem::path& path) {
  std::ifstream in{path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// The keys that processes read as secrets, by their sources.
std::set<std::string> keys_of_secrets() {
  const std::regex one{R"re((?:secret_setting\(\w+, |\.secret\()"(\w+)")re"};
  const std::regex row{R"re(\{"(\w+)", &\w+\.(\w+), &\w+\.(\w+)_file\})re"};
  std::set<std::string> keys;
  for (const char* folder : {"statfeed", "pacer", "elector", "publisher", "watch"})
    for (const auto& file :
         std::filesystem::directory_iterator{source_folder() + "/services/" + folder}) {
      if (file.path().extension() != ".cpp") continue;
      const std::string text = source_of(file.path());
      for (const std::regex& form : {one, row})
        for (std::sregex_iterator found{text.begin(), text.end(), form}, end; found != end; ++found)
          keys.insert((*found)[1]);
    }
  return keys;
}

TEST_CASE("what stands under a key that names a secret is hidden in every form of it",
          "[pacelinectl]") {
  CHECK(masked("password = \"hunter22\"  # Note.\n") == "password = \"****\"  # Note.\n");
  CHECK(masked("api_key='hunter22'\n") == "api_key=\"****\"\n");
  CHECK(masked("# password = \"hunter22\"\n") == "# password = \"****\"\n");
  CHECK(masked("statfeed.\"password\" = \"hunter22\"\nx = 1\n") ==
        "statfeed.\"password\" = \"****\"\nx = 1\n");
  CHECK(masked("bearer = \"\"\"\nhunter22\n\"\"\"\nx = 1\n") == "bearer = \"****\"\nx = 1\n");
  CHECK(masked("s = { read_token = \"hunter22\", port = 7110 }\n") ==
        "s = { read_token = \"****\", port = 7110 }\n");
  CHECK(masked("api_key = [\"hunter22\", \"hunter23\"]\nx = 1\n") == "api_key = \"****\"\nx = 1\n");
  CHECK(masked("password = \"hun\\\"ter22\"\n") == "password = \"****\"\n");
  CHECK(masked("password = \"never closed\nx = 1\n") == "password = \"****\"\nx = 1\n");
  CHECK(masked("CLIENT_SECRET=hunter22\nPACELINE_NODE=a\n") ==
        "CLIENT_SECRET=\"****\"\nPACELINE_NODE=a\n");
  CHECK(masked("environment=A=\"b\",SECRET=\"hunter22\"\n") ==
        "environment=A=\"b\",SECRET=\"****\"\n");
  CHECK(masked("passwrod = \"hunter22\"") == "passwrod = \"****\"");
  CHECK(masked("SECRET=hunter22 \r\nB=c\r\n") == "SECRET=\"****\" \r\nB=c\r\n");
}

TEST_CASE("files that hold secrets are named, and keys that only sound so keep their values",
          "[pacelinectl]") {
  const std::string text =
      "password_file = \"/etc/paceline/password\"\nclient_secret_env = \"CLIENT_SECRET\"\n"
      "keyframe = \"5s\"\ntoken_timeout = \"5s\"\nmetric_key = \"metric\"\nkey_file = \"k.pem\"\n"
      "user = \"anna\"\nbase_auth_url = \"https://login.example/oauth/token\"\npassword = \"\"\n";

  CHECK(masked(text) == text);
}

TEST_CASE("of a proxy the name and password are hidden, and its host is told", "[pacelinectl]") {
  SecretMask mask;

  CHECK(mask.settings("proxy = \"http://anna:hunter22@proxy.example:3128\"\n") ==
        "proxy = \"http://****@proxy.example:3128\"\n");
  CHECK(mask.settings("proxy = \"anna:hun/ter@33@proxy.example\"\n") ==
        "proxy = \"****@proxy.example\"\n");
  CHECK(mask.settings("proxy = \"http://proxy.example:3128\"\n") ==
        "proxy = \"http://proxy.example:3128\"\n");
  CHECK(mask.text("no way by hunter22") == "no way by ****");
}

TEST_CASE("every key that a process reads as a secret is hidden", "[pacelinectl]") {
  auto keys = keys_of_secrets();

  REQUIRE(keys.size() >= 7);
  CHECK(keys.erase("proxy") == 1);
  for (const std::string& key : keys) {
    CAPTURE(key);
    CHECK(names_secret(key));
    CHECK_FALSE(names_secret(key + "_file"));
    CHECK(masked(key + " = \"hunter22\"") == key + " = \"****\"");
  }
}

TEST_CASE("a secret of the settings is hidden wherever else it stands, in other forms too",
          "[pacelinectl]") {
  SecretMask mask;
  mask.settings("password = \"hun/ter \\\"22\"");
  mask.remember_basic("anna", "correct horse");

  const std::string secret = "hun/ter \"22";
  CHECK(mask.text("why=" + secret + ".") == "why=****.");
  CHECK(mask.text("?p=" + percent_encoded(secret)) == "?p=****");
  CHECK(mask.text(R"({"why":"hun/ter \"22"})") == R"({"why":"****"})");
  CHECK(mask.text(base64(secret)) == "****");
  CHECK(mask.text(base64("anna:correct horse")) == "****");
  CHECK(mask.text("a correct horse") == "a ****");
  CHECK(mask.remembered() >= 2);
}

TEST_CASE("a secret without quotes is known by itself, whatever follows it", "[pacelinectl]") {
  SecretMask mask;

  mask.settings("environment=SECRET=hunter22,B=c\nAPI_KEY=hunter33\r\n");

  CHECK(mask.text("hunter22 hunter33") == "**** ****");
}

TEST_CASE("a secret of three letters is hidden under its key, and counted", "[pacelinectl]") {
  SecretMask mask;

  CHECK(mask.settings("password = \"abc\"") == "password = \"****\"");
  CHECK(mask.text("abc") == "abc");
  CHECK(mask.too_short() > 0);
}

TEST_CASE("what looks like a secret is hidden in texts that no settings explain", "[pacelinectl]") {
  const SecretMask mask;

  CHECK(mask.text("GET http://anna:pw@host/x") == "GET http://****@host/x");
  CHECK(mask.text("Authorization: Bearer abc.def-123") == "Authorization: Bearer ****");
  CHECK(mask.text("authorization: basic YW5uYTpwdw==\r\n") == "authorization: basic ****\r\n");
  CHECK(mask.text(R"({"access_token":"abc","expires_in":600})") ==
        R"({"access_token":"****","expires_in":600})");
  CHECK(mask.text("grant_type=x&client_secret=abc&scope=y") ==
        "grant_type=x&client_secret=****&scope=y");
  CHECK(mask.text("-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----\n") ==
        "-----BEGIN EC PRIVATE KEY-----\n****\n-----END EC PRIVATE KEY-----\n");
  const std::string harmless =
      "info publisher token_usable token_error=\"\" http://host/a@b -----BEGIN "
      "CERTIFICATE-----\nMIIB\n"
      "-----END CERTIFICATE-----\n";
  CHECK(mask.text(harmless) == harmless);
}

TEST_CASE("headers, cookies and addresses of requests give no secret away", "[pacelinectl]") {
  const SecretMask mask;
  const auto masked = [&](const char* text) { return mask.text(text); };

  CHECK(masked("Set-Cookie: JSESSIONID=abc; Path=/\nnext") == "Set-Cookie: ****\nnext");
  CHECK(masked("cookie: session=abc; other=1") == "cookie: ****");
  CHECK(masked("x-api-key: abc") == "x-api-key: ****");
  CHECK(masked("X-Auth-Token: abc") == "X-Auth-Token: ****");
  CHECK(masked("url=\"https://h/p?token=abc&sig=def&x=1\"") ==
        "url=\"https://h/p?token=****&sig=****&x=1\"");
  CHECK(masked(R"({"Password":"abc","refreshToken":"def"})") ==
        R"({"Password":"****","refreshToken":"****"})");
  CHECK(masked("Digest username=\"u\", response=\"abc\"") ==
        "Digest username=\"u\", response=\"****\"");
  CHECK(masked("PASSWORD=abc pwd=def passwd: ghi") == "PASSWORD=**** pwd=**** passwd: ****");
  // What tells of a token is none.
  CHECK(masked("token: good for 40 min") == "token: good for 40 min");
}

TEST_CASE("no secret of any letters is found in what was hidden", "[pacelinectl][property]") {
  REQUIRE(rc::check([] {
    const auto secret = *rc::gen::container<std::string>(rc::gen::elementOf(std::string{
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,;:/@#={}[]$% "}));
    RC_PRE(secret.size() >= SecretMask::least_bytes);
    const auto key = *rc::gen::element<std::string>("api_key", "password", "bearer", "read_token");
    SecretMask mask;

    const std::string settings = mask.settings("a = 1\n" + key + " = \"" + secret + "\"\nb = 2\n");

    RC_ASSERT(settings.find(secret) == settings.npos);
    RC_ASSERT(mask.text("said " + secret + "!").find(secret) == std::string::npos);
  }));
}

}  // namespace
}  // namespace paceline::test
