// Certificates for servers of tests, made by the openssl program.
#pragma once

#include <cstdlib>
#include <map>
#include <string>

#include "common/runtime/files.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"

namespace paceline::test {

struct Certificate {
  std::string file;  // Of the certificate: the authority that a client has to know.
  std::string certificate;
  std::string key;
};

/// One that signs itself, for `name` ("IP:127.0.0.1", "DNS:other.test"); made once a process.
///   days   that it is good for; below 0 = it has expired
inline Certificate make_certificate(const std::string& name, int days) {
  static const Folder folder;
  static std::map<std::string, Certificate> made;
  auto& certificate = made[name + std::to_string(days)];
  if (!certificate.file.empty()) return certificate;
  const std::string base = folder / std::to_string(made.size());
  const std::string command =
      "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=test "
      "-keyout " +
      base + ".key -out " + base + ".csr 2>/dev/null && echo subjectAltName=" + name + " > " +
      base + ".ext && openssl x509 -req -in " + base + ".csr -signkey " + base + ".key -days " +
      std::to_string(days) + " -extfile " + base + ".ext -out " + base + ".pem 2>/dev/null";
  REQUIRE(std::system(command.c_str()) == 0);
  const auto text = read_file(base + ".pem");
  const auto key = read_file(base + ".key");
  REQUIRE((text && key));
  certificate = {base + ".pem", *text, *key};
  return certificate;
}

inline Certificate good_certificate() {
  return make_certificate("IP:127.0.0.1", 30);
}

}  // namespace paceline::test
