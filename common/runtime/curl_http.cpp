#include "common/runtime/curl_http.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "common/base/check.h"
#include "common/base/url.h"

namespace paceline {
namespace {

constexpr std::size_t max_header_bytes = 64u << 10;

// One request on its way. Owned by Multi::transfers; its address is curl's private pointer.
struct Transfer {
  HttpRequest request;
  Http::Done done;
  HttpAnswer answer;
  std::size_t header_bytes = 0;
  bool too_large = false;
  char error[CURL_ERROR_SIZE] = "";
  curl_slist* headers = nullptr;
  CURL* easy = nullptr;
};

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::size_t bytes = size * count;
  if (transfer.answer.body.size() + bytes > transfer.request.max_answer_bytes) {
    transfer.too_large = true;
    return 0;
  }
  transfer.answer.body.append(data, bytes);
  return bytes;
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::size_t bytes = size * count;
  transfer.header_bytes += bytes;
  if (transfer.header_bytes > max_header_bytes) {
    transfer.too_large = true;
    return 0;
  }
  const std::string_view line{data, bytes};
  const auto colon = line.find(':');
  if (line.starts_with("HTTP/")) {
    transfer.answer.headers.clear();  // A new answer after "100 Continue".
  } else if (colon != line.npos) {
    std::string name{line.substr(0, colon)};
    std::ranges::transform(name, name.begin(), [](unsigned char c) {
      return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    });
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t'))
      value.remove_prefix(1);
    while (!value.empty() && (value.back() == '\r' || value.back() == '\n' || value.back() == ' '))
      value.remove_suffix(1);
    transfer.answer.headers.emplace_back(std::move(name), value);
  }
  return bytes;
}

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

}  // namespace

struct CurlHttp::Multi {
  Multi(Loop& l, Metrics& metrics)
      : loop{l},
        sent{metrics.counter("paceline_http_requests_total", "HTTP requests sent.")},
        failed{
            metrics.counter("paceline_http_failures_total", "HTTP requests without an answer.")} {}

  Loop& loop;
  Counter& sent;
  Counter& failed;
  CURLM* multi = nullptr;
  HttpCall last = 0;
  TimerId timer = 0;
  std::map<HttpCall, std::unique_ptr<Transfer>> transfers;

  static int on_socket(CURL*, curl_socket_t fd, int what, void* user, void*) {
    auto& self = *static_cast<Multi*>(user);
    if (what == CURL_POLL_REMOVE) {
      self.loop.forget_fd(fd);
      return 0;
    }
    const bool in = what == CURL_POLL_IN || what == CURL_POLL_INOUT;
    const bool out = what == CURL_POLL_OUT || what == CURL_POLL_INOUT;
    self.loop.watch_fd(fd, in, out, [&self, fd] { self.act(fd); });
    return 0;
  }

  static int on_timer(CURLM*, long timeout_ms, void* user) {
    auto& self = *static_cast<Multi*>(user);
    self.loop.cancel(self.timer);
    self.timer = 0;
    if (timeout_ms >= 0)
      self.timer = self.loop.after(std::chrono::milliseconds{timeout_ms},
                                   [&self] { self.act(CURL_SOCKET_TIMEOUT); });
    return 0;
  }

  // Without knowing whether fd was readable or writable, curl finds out by itself (flags 0).
  void act(curl_socket_t fd) {
    int running = 0;
    curl_multi_socket_action(multi, fd, 0, &running);
    collect();
  }

  void collect() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      HttpCall call = 0;
      CURL* easy = message->easy_handle;
      const CURLcode code = message->data.result;
      for (const auto& [id, transfer] : transfers)
        if (transfer->easy == easy) call = id;
      CHECK(call != 0);
      finish(call, code);
    }
  }

  void finish(HttpCall call, CURLcode code) {
    const auto transfer = take(call);
    if (code != CURLE_OK) {
      failed.add();
      if (transfer->too_large)
        return transfer->done(fail(
            Errc::too_large, fmt::format("{}: an answer of over {} bytes", transfer->request.url,
                                         transfer->request.max_answer_bytes)));
      const char* why = transfer->error[0] ? transfer->error : curl_easy_strerror(code);
      return transfer->done(fail(code_of(code), fmt::format("{}: {}", transfer->request.url, why)));
    }
    transfer->done(std::move(transfer->answer));
  }

  // Out of curl and out of our list, with its figures read.
  std::unique_ptr<Transfer> take(HttpCall call) {
    auto node = transfers.extract(call);
    auto transfer = std::move(node.mapped());
    long status = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    transfer->answer.status = static_cast<int>(status);
    transfer->answer.http_version = http_version(transfer->easy);
    transfer->answer.wire_bytes = wire_bytes(transfer->easy);
    transfer->answer.times = {millis(transfer->easy, CURLINFO_CONNECT_TIME_T),
                              millis(transfer->easy, CURLINFO_APPCONNECT_TIME_T),
                              millis(transfer->easy, CURLINFO_STARTTRANSFER_TIME_T),
                              millis(transfer->easy, CURLINFO_TOTAL_TIME_T)};
    curl_multi_remove_handle(multi, transfer->easy);
    curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->headers);
    return transfer;
  }

  void prepare(Transfer& transfer) {
    auto& request = transfer.request;
    CURL* easy = transfer.easy = curl_easy_init();
    CHECK(easy != nullptr);
    for (const auto& [name, value] : request.headers)
      transfer.headers = curl_slist_append(transfer.headers, (name + ": " + value).c_str());
    transfer.headers = curl_slist_append(transfer.headers, "Expect:");  // No 100-continue pause.
    const auto set = [easy](CURLoption option, auto value) {
      CHECK(curl_easy_setopt(easy, option, value) == CURLE_OK);
    };
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_TCP_NODELAY, 1L);
    set(CURLOPT_ACCEPT_ENCODING, "");
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(request.timeout).count();
    set(CURLOPT_TIMEOUT_MS, std::max<long>(timeout, 1));
    set(CURLOPT_ERRORBUFFER, transfer.error);
    set(CURLOPT_WRITEFUNCTION, &on_body);
    set(CURLOPT_WRITEDATA, &transfer);
    set(CURLOPT_HEADERFUNCTION, &on_header);
    set(CURLOPT_HEADERDATA, &transfer);
    set(CURLOPT_HTTPHEADER, transfer.headers);
    // "" = none, not even from the environment. What is http and for this machine stays here: it may
    // carry a secret (may_carry_secrets), and a proxy would look for it on its own machine.
    const auto url = parse_url(request.url);
    const bool stays_here = url && url->scheme == "http" && is_this_host(url->host);
    set(CURLOPT_PROXY, stays_here ? "" : request.proxy.c_str());
    set(CURLOPT_NOPROXY, "");  // Nor its exceptions.
    if (!request.ca_file.empty()) set(CURLOPT_CAINFO, request.ca_file.c_str());
    if (!request.client_certificate_file.empty())
      set(CURLOPT_SSLCERT, request.client_certificate_file.c_str());
    if (!request.client_key_file.empty()) set(CURLOPT_SSLKEY, request.client_key_file.c_str());
    if (request.method == "POST" || request.method == "PUT") {
      set(CURLOPT_POST, 1L);
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      set(CURLOPT_POSTFIELDS, request.body.data());
    }
    if (request.method != "GET" && request.method != "POST")
      set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
};

CurlHttp::CurlHttp(Loop& loop, Metrics& metrics) : multi_{std::make_unique<Multi>(loop, metrics)} {
  CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
  multi_->multi = curl_multi_init();
  CHECK(multi_->multi != nullptr);
  curl_multi_setopt(multi_->multi, CURLMOPT_SOCKETFUNCTION, &Multi::on_socket);
  curl_multi_setopt(multi_->multi, CURLMOPT_SOCKETDATA, multi_.get());
  curl_multi_setopt(multi_->multi, CURLMOPT_TIMERFUNCTION, &Multi::on_timer);
  curl_multi_setopt(multi_->multi, CURLMOPT_TIMERDATA, multi_.get());
  curl_multi_setopt(multi_->multi, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
}

CurlHttp::~CurlHttp() {
  while (!multi_->transfers.empty()) multi_->take(multi_->transfers.begin()->first);
  multi_->loop.cancel(multi_->timer);
  curl_multi_cleanup(multi_->multi);
}

HttpCall CurlHttp::send(HttpRequest request, Done done) {
  const HttpCall call = ++multi_->last;
  auto& transfer = multi_->transfers[call] = std::make_unique<Transfer>();
  transfer->request = std::move(request);
  transfer->done = std::move(done);
  multi_->prepare(*transfer);
  multi_->sent.add();
  CHECK(curl_multi_add_handle(multi_->multi, transfer->easy) == CURLM_OK);
  return call;
}

void CurlHttp::cancel(HttpCall call) {
  if (multi_->transfers.contains(call)) multi_->take(call);
}

}  // namespace paceline
