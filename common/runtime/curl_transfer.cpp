#include "common/runtime/curl_transfer.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "common/base/ascii.h"
#include "common/base/check.h"
#include "common/base/url.h"
#include "common/runtime/system_clock.h"

namespace paceline {
namespace {

constexpr std::size_t max_header_bytes = 64u << 10;
// Curl looks a name up before it asks for a socket. This one it finds, and it is never connected to:
// the socket it gets is.
constexpr const char* placeholder = "192.0.2.1";

double http_version(CURL* easy) {
  long version = 0;
  curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
  switch (version) {
    case CURL_HTTP_VERSION_1_0:
      return 1;
    case CURL_HTTP_VERSION_1_1:
      return 1.1;
    case CURL_HTTP_VERSION_2_0:
      return 2;
    default:  // Of another library; nothing newer was asked for.
      return 0;
  }
}

double millis(CURL* easy, CURLINFO info) {
  curl_off_t micros = 0;
  curl_easy_getinfo(easy, info, &micros);
  return static_cast<double>(micros) / 1000.0;
}

// A request over a new connection began `before` ms before curl had it.
HttpTimes times_of(CURL* easy, double before) {
  const auto after = [&](CURLINFO info) {
    const double ms = millis(easy, info);
    return ms > 0 ? before + ms : 0;
  };
  return {.connect_ms = before > 0 ? before : millis(easy, CURLINFO_CONNECT_TIME_T),
          .tls_ms = after(CURLINFO_APPCONNECT_TIME_T),
          .first_byte_ms = after(CURLINFO_STARTTRANSFER_TIME_T),
          .total_ms = after(CURLINFO_TOTAL_TIME_T)};
}

std::uint64_t wire_bytes(CURL* easy) {
  long sent_head = 0;
  long received_head = 0;
  curl_off_t sent = 0;
  curl_off_t received = 0;
  curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &sent_head);
  curl_easy_getinfo(easy, CURLINFO_HEADER_SIZE, &received_head);
  curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &sent);
  curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &received);
  return static_cast<std::uint64_t>(sent_head + received_head + sent + received);
}

Errc code_of(CURLcode code) {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CIPHER:
      return Errc::refused;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
      return Errc::bad_value;
    default:  // An open list of another library: everything else is worth another try.
      return Errc::unavailable;
  }
}

// What is http and for this machine stays here: it may carry a secret (may_carry_secrets), and a proxy
// would look for it on its own machine.
std::string proxy_of(const HttpRequest& request) {
  const auto url = parse_url(request.url);
  return url && url->scheme == "http" && is_this_host(url->host) ? "" : request.proxy;
}

Result<HttpDestination> destination_of(const HttpRequest& request, const std::string& proxy) {
  const Url url = proxy.empty() ? TRY(parse_url(request.url)) : TRY(parse_proxy(proxy));
  return HttpDestination{.host = url.host, .port = url.port};
}

}  // namespace

CurlTransfer::CurlTransfer(HttpRequest request)
    : request_{std::move(request)},
      proxy_{proxy_of(request_)},
      destination_{destination_of(request_, proxy_)} {
}

std::size_t CurlTransfer::on_body(char* data, std::size_t size, std::size_t count, void* user) {
  auto& self = *static_cast<CurlTransfer*>(user);
  const std::size_t bytes = size * count;
  if (self.answer_.body.size() + bytes > self.request_.max_answer_bytes) {
    self.body_too_large_ = true;
    return 0;
  }
  if (self.answer_.body.empty()) self.reserve_body();
  self.answer_.body.append(data, bytes);
  return bytes;
}

// What was announced, so that a large body is not copied as it grows; no more than so much is believed.
void CurlTransfer::reserve_body() {
  constexpr curl_off_t most_believed = 8 << 20;  // [bytes]
  curl_off_t announced = -1;
  curl_easy_getinfo(easy_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
  if (announced > 0)
    answer_.body.reserve(static_cast<std::size_t>(std::min(announced, most_believed)));
}

std::size_t CurlTransfer::on_header(char* data, std::size_t size, std::size_t count, void* user) {
  auto& self = *static_cast<CurlTransfer*>(user);
  const std::size_t bytes = size * count;
  self.header_bytes_ += bytes;
  if (self.header_bytes_ > max_header_bytes) {
    self.head_too_large_ = true;
    return 0;
  }
  const std::string_view line{data, bytes};
  const auto colon = line.find(':');
  if (line.starts_with("HTTP/")) {
    self.answer_.headers.clear();  // A new answer after "100 Continue".
  } else if (colon != line.npos) {
    std::string name = ascii_lower(line.substr(0, colon));
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t'))
      value.remove_prefix(1);
    while (!value.empty() && (value.back() == '\r' || value.back() == '\n' || value.back() == ' '))
      value.remove_suffix(1);
    self.answer_.headers.emplace_back(std::move(name), value);
  }
  return bytes;
}

curl_socket_t CurlTransfer::on_open(void* user, curlsocktype, curl_sockaddr*) {
  auto& self = *static_cast<CurlTransfer*>(user);
  if (self.socket_ >= 0) return std::exchange(self.socket_, -1);
  self.needs_socket_ = true;
  return CURL_SOCKET_BAD;
}

int CurlTransfer::on_socket(void*, curl_socket_t, curlsocktype) {
  return CURL_SOCKOPT_ALREADY_CONNECTED;
}

CURL* CurlTransfer::begin(Duration left, int socket) {
  end();
  answer_ = {};
  header_bytes_ = 0;
  needs_socket_ = false;
  error_[0] = '\0';
  socket_ = socket;
  begun_ = SystemClock{}.now();
  easy_ = curl_easy_init();
  CHECK(easy_ != nullptr);
  for (const auto& [name, value] : request_.headers)
    headers_ = curl_slist_append(headers_, (name + ": " + value).c_str());
  headers_ = curl_slist_append(headers_, "Expect:");  // No 100-continue pause.
  const auto set = [this](CURLoption option, auto value) {
    CHECK(curl_easy_setopt(easy_, option, value) == CURLE_OK);
  };
  set(CURLOPT_URL, request_.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_ACCEPT_ENCODING, "");
  const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  set(CURLOPT_TIMEOUT_MS, std::max<long>(timeout, 1));
  set(CURLOPT_ERRORBUFFER, error_);
  set(CURLOPT_WRITEFUNCTION, &on_body);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_HEADERFUNCTION, &on_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_OPENSOCKETFUNCTION, &on_open);
  set(CURLOPT_OPENSOCKETDATA, this);
  set(CURLOPT_SOCKOPTFUNCTION, &on_socket);
  set(CURLOPT_HTTPHEADER, headers_);
  if (socket >= 0) set(CURLOPT_FRESH_CONNECT, 1L);
  if (request_.method == "POST" || request_.method == "PUT") {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    set(CURLOPT_POSTFIELDS, request_.body.data());
  }
  if (request_.method != "GET" && request_.method != "POST")
    set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  set_destination();
  set_trust();
  return easy_;
}

void CurlTransfer::set_destination() {
  const auto set = [this](CURLoption option, auto value) {
    CHECK(curl_easy_setopt(easy_, option, value) == CURLE_OK);
  };
  // "" = none, not even from the environment.
  set(CURLOPT_PROXY, proxy_.c_str());
  set(CURLOPT_NOPROXY, "");   // Nor its exceptions.
  if (!destination_) return;  // Curl has a word for it.
  addresses_ = curl_slist_append(
      nullptr,
      fmt::format("{}:{}:{}", destination_->host, destination_->port, placeholder).c_str());
  if (destination_->host.find(':') == std::string::npos) set(CURLOPT_RESOLVE, addresses_);
}

void CurlTransfer::set_trust() {
  const auto set = [this](CURLoption option, auto value) {
    CHECK(curl_easy_setopt(easy_, option, value) == CURLE_OK);
  };
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_CA_CACHE_TIMEOUT, 0L);  // A file of authorities that was replaced counts at once.
  if (!request_.ca_file.empty()) {
    set(CURLOPT_CAINFO, request_.ca_file.c_str());
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));  // These alone.
  }
  if (!request_.client_certificate_file.empty())
    set(CURLOPT_SSLCERT, request_.client_certificate_file.c_str());
  if (!request_.client_key_file.empty()) set(CURLOPT_SSLKEY, request_.client_key_file.c_str());
}

void CurlTransfer::end() {
  if (easy_) curl_easy_cleanup(std::exchange(easy_, nullptr));
  curl_slist_free_all(std::exchange(headers_, nullptr));
  curl_slist_free_all(std::exchange(addresses_, nullptr));
  if (socket_ >= 0) close(std::exchange(socket_, -1));
}

bool CurlTransfer::is_reused() const {
  long connections = 0;
  curl_easy_getinfo(easy_, CURLINFO_NUM_CONNECTS, &connections);
  return connections == 0;
}

bool CurlTransfer::was_given_up(CURLcode code) const {
  if (header_bytes_ > 0 || !is_reused()) return false;
  switch (code) {
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_PARTIAL_FILE:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
      return true;
    default:  // An open list of another library.
      return false;
  }
}

Result<HttpAnswer> CurlTransfer::result(CURLcode code, Duration before) {
  if (head_too_large_)
    return fail(Errc::too_large, fmt::format("{}: an answer whose head is over {} bytes",
                                             request_.url, max_header_bytes));
  if (body_too_large_)
    return fail(Errc::too_large, fmt::format("{}: an answer of over {} bytes", request_.url,
                                             request_.max_answer_bytes));
  if (code != CURLE_OK)
    return fail(code_of(code),
                fmt::format("{}: {}", request_.url, error_[0] ? error_ : curl_easy_strerror(code)));
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  answer_.status = static_cast<int>(status);
  answer_.http_version = http_version(easy_);
  answer_.wire_bytes = wire_bytes(easy_);
  answer_.times = times_of(easy_, to_seconds(before) * 1000);
  return std::move(answer_);
}

void CurlTransfer::drop_if_dead() const {
  curl_socket_t fd = CURL_SOCKET_BAD;
  if (curl_easy_getinfo(easy_, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK || fd == CURL_SOCKET_BAD)
    return;
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return;
  const auto silent_for = std::chrono::milliseconds{info.tcpi_last_data_recv};
  if (silent_for >= SystemClock{}.now() - begun_) shutdown(fd, SHUT_RDWR);
}

}  // namespace paceline
