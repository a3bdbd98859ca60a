// One request as libcurl carries it: its settings, its answer as it arrives, and what it cost. Curl
// reuses a connection if it has one. It never opens one, nor asks for an address: where it would, the
// transfer ends with needs_socket(), and is to be begun again with a connected socket.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>

#include "common/ports/http.h"

namespace paceline {

/// Whom a request connects to: the server of its URL, or the proxy.
struct HttpDestination {
  std::string host;  // A name, or a numeric address without brackets.
  int port = 0;
};

class CurlTransfer {
 public:
  explicit CurlTransfer(HttpRequest request);
  ~CurlTransfer() { end(); }
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  const HttpRequest& request() const { return request_; }
  /// What has to be connected for this request.
  ///   errors   bad_value: the URL, or the proxy's
  const Result<HttpDestination>& destination() const { return destination_; }
  bool goes_by_proxy() const { return !proxy_.empty(); }

  /// A handle for curl_multi_add_handle(); end() after it was taken out again.
  ///   left     (0..) of the request's time
  ///   socket   connected; this object's from now on. -1 = reuse a connection, or needs_socket()
  CURL* begin(Duration left, int socket);
  void end();

  CURL* easy() const { return easy_; }
  bool needs_socket() const { return needs_socket_; }
  /// Whether the connection had carried a request before.
  bool is_reused() const;

  /// Whether the server gave up a connection that it had kept, instead of answering: closed it, or said so in
  /// HTTP/2 (GOAWAY, REFUSED_STREAM). Nothing of an answer came.
  bool was_given_up(CURLcode code) const;

  /// The answer, when curl is through with `code`.
  ///   before   that the request waited for its socket; 0 = for none
  Result<HttpAnswer> result(CURLcode code, Duration before);
  /// Of a request that ran out of time: a connection on which nothing came meanwhile is dead, and
  /// nobody is to take it again.
  void drop_if_dead() const;

 private:
  void reserve_body();
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user);
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user);
  static curl_socket_t on_open(void* user, curlsocktype purpose, curl_sockaddr* address);
  static int on_socket(void* user, curl_socket_t fd, curlsocktype purpose);
  void set_destination();
  void set_trust();

  const HttpRequest request_;
  const std::string proxy_;  // "" = none.
  const Result<HttpDestination> destination_;
  HttpAnswer answer_;
  Instant begun_{};
  std::size_t header_bytes_ = 0;
  bool body_too_large_ = false;
  bool head_too_large_ = false;
  bool needs_socket_ = false;
  int socket_ = -1;
  char error_[CURL_ERROR_SIZE] = "";
  curl_slist* headers_ = nullptr;
  curl_slist* addresses_ = nullptr;
  CURL* easy_ = nullptr;
};

}  // namespace paceline
