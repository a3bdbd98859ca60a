#include "common/runtime/pems.h"

#include <fstream>

#include "tests/support/catch.h"
#include "tests/support/certificate.h"
#include "tests/support/folder.h"

namespace paceline::test {
namespace {

std::string put(const Folder& folder, const std::string& name, const std::string& text) {
  std::ofstream{folder / name} << text;
  return folder / name;
}

}  // namespace

TEST_CASE("another certificate, key or authority is another text", "[runtime]") {
  const Folder folder;
  const auto one = make_certificate("IP:127.0.0.1", 30);
  const auto other = make_certificate("DNS:other.test", 30);
  const std::string ca = put(folder, "ca.pem", one.certificate);
  const std::string certificate = put(folder, "c.pem", one.certificate);
  const std::string key = put(folder, "k.pem", one.key);

  const auto before = read_pems(ca, certificate, key);
  REQUIRE(before);
  CHECK(read_pems(ca, certificate, key) == before);
  put(folder, "ca.pem", one.certificate + other.certificate);
  const auto two_authorities = read_pems(ca, certificate, key);
  CHECK((two_authorities && two_authorities != before));
  put(folder, "c.pem", other.certificate);
  put(folder, "k.pem", other.key);
  const auto other_pair = read_pems(ca, certificate, key);
  CHECK((other_pair && other_pair != two_authorities));
  CHECK(read_pems("", "", "") == "");
}

TEST_CASE("a PEM file that is of no use is refused by its name", "[runtime]") {
  const Folder folder;
  const auto one = make_certificate("IP:127.0.0.1", 30);
  const auto other = make_certificate("DNS:other.test", 30);
  const std::string good = put(folder, "good.pem", one.certificate);
  const std::string key = put(folder, "key.pem", one.key);
  const std::string half =
      put(folder, "half.pem", one.certificate + one.certificate.substr(0, 200));
  const std::string broken =
      put(folder, "broken.pem",
          one.certificate + "-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n");
  const std::string text = put(folder, "text.pem", "nothing of that kind\n");
  const std::string foreign = put(folder, "foreign.pem", other.key);

  CHECK(read_pems(folder / "none.pem", "", "").error().code == Errc::not_found);
  CHECK(read_pems(text, "", "").error().detail == text + ": no certificate (PEM) in it");
  CHECK(read_pems(half, "", "").error().detail == half + ": its certificate 2 cannot be read");
  CHECK(read_pems(broken, "", "").error().detail == broken + ": its certificate 2 cannot be read");
  CHECK(read_pems("", text, key).error().detail == text + ": no certificate (PEM) in it");
  CHECK(read_pems("", good, text).error().detail ==
        text + ": no private key (PEM, without a password) in it");
  CHECK(read_pems("", good, foreign).error().detail == foreign + ": is not the key of " + good);
}

}  // namespace paceline::test
