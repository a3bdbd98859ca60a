#include "common/base/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <algorithm>
#include <memory>

#include "common/base/ascii.h"

namespace paceline {
namespace {

struct CurlFree {
  void operator()(char* text) const { curl_free(text); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

/// A part of the address; empty if it has none.
std::string part(CURLU* url, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, 0) != CURLUE_OK) return {};
  const std::unique_ptr<char, CurlFree> owned{text};
  return owned.get();
}

struct Kind {
  bool has_password;  // May it?
  int http_port;      // Of an http:// address that names none.
};

Result<Url> read_url(std::string_view text, Kind kind) {
  if (std::ranges::any_of(text, [](char c) { return c <= 0x20 || c >= 0x7f; }))
    return fail("has characters that no URL may have");
  const std::unique_ptr<CURLU, CurlFree> url{curl_url()};
  const std::string whole{text};
  if (!url || curl_url_set(url.get(), CURLUPART_URL, whole.c_str(), 0) != CURLUE_OK)
    return fail("not an http:// or https:// address");
  Url read{.scheme = part(url.get(), CURLUPART_SCHEME), .host = part(url.get(), CURLUPART_HOST)};
  if (read.scheme != "http" && read.scheme != "https")
    return fail("not an http:// or https:// address");
  if (!kind.has_password &&
      (!part(url.get(), CURLUPART_USER).empty() || !part(url.get(), CURLUPART_PASSWORD).empty()))
    return fail("has a name or password in it");
  if (read.host.starts_with('[')) read.host = read.host.substr(1, read.host.size() - 2);
  const std::string port = part(url.get(), CURLUPART_PORT);
  read.port = !port.empty() ? std::stoi(port) : read.scheme == "https" ? 443 : kind.http_port;
  return read;
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  return read_url(text, {.has_password = false, .http_port = 80});
}

Result<Url> parse_proxy(std::string_view text) {
  return read_url(text, {.has_password = true, .http_port = 1080});
}

bool is_this_host(std::string_view host) {
  const std::string name{host};
  in_addr four{};
  if (inet_pton(AF_INET, name.c_str(), &four) == 1) return ntohl(four.s_addr) >> 24 == 127;
  in6_addr six{};
  if (inet_pton(AF_INET6, name.c_str(), &six) == 1) return IN6_IS_ADDR_LOOPBACK(&six);
  return same_word(name, "localhost");
}

bool may_carry_secrets(const Url& url) {
  return url.scheme == "https" || is_this_host(url.host);
}

std::string percent_encoded(std::string_view text) {
  if (text.empty()) return {};  // curl would take 0 for "until the zero".
  const std::unique_ptr<char, CurlFree> out{
      curl_easy_escape(nullptr, text.data(), static_cast<int>(text.size()))};
  return out.get();
}

}  // namespace paceline
