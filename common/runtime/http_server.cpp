#include "common/runtime/http_server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <system_error>

namespace paceline {
namespace {

constexpr std::size_t max_headers = 200;

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

}  // namespace

// One request from its first byte until its connection is done with it. MHD keeps the raw pointer
// in con_cls; Responder copies share ownership, and find `connection` null once the peer is gone.
struct Responder::Exchange {
  HttpServer::Daemon* daemon = nullptr;
  MHD_Connection* connection = nullptr;
  std::shared_ptr<Exchange> self;  // Released when MHD is done.
  ServerRequest request;
  bool too_large = false;
  bool handled = false;     // The handler was called.
  bool in_handler = false;  // MHD is calling us: it looks at `answer` when we return.
  bool suspended = false;
  bool queued = false;
  bool streaming = false;
  bool closing = false;
  bool breaking = false;
  bool answered = false;
  ServerAnswer answer;
  std::string pending;  // Of a stream.

  void wake();
};

struct HttpServer::Daemon {
  Daemon(Loop& l, Options o, Handle h) : loop{l}, options{std::move(o)}, handle{std::move(h)} {}

  Loop& loop;
  Options options;
  Handle handle;
  MHD_Daemon* mhd = nullptr;
  int epoll = -1;
  TimerId timer = 0;
  TimerId sweep = 0;
  bool was_full = false;  // No more connections were taken.
  bool run_soon = false;
  std::set<Responder::Exchange*> exchanges;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);

  void start() {
    const int listening = listen_on(options.address, options.port);
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_PEDANTIC_CHECKS;
    const bool tls = !options.key_pem.empty();
    if (tls) flags |= MHD_USE_TLS;
    // Certificate and key come last and count only with MHD_USE_TLS.
    mhd = MHD_start_daemon(
        flags, 0, nullptr, nullptr, &on_request, this, MHD_OPTION_LISTEN_SOCKET, listening,
        MHD_OPTION_NOTIFY_COMPLETED, &on_completed, this, MHD_OPTION_CONNECTION_LIMIT,
        options.max_connections, MHD_OPTION_CONNECTION_TIMEOUT,
        static_cast<unsigned>(to_seconds(options.head_timeout)),
        tls ? MHD_OPTION_HTTPS_MEM_KEY : MHD_OPTION_END, options.key_pem.c_str(),
        MHD_OPTION_HTTPS_MEM_CERT, options.certificate_pem.c_str(), MHD_OPTION_END);
    if (!mhd) {
      close(listening);
      throw std::system_error{EINVAL, std::generic_category(),
                              "http server: libmicrohttpd refuses to start (certificate and key?)"};
    }
    epoll = MHD_get_daemon_info(mhd, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    loop.watch_fd(epoll, true, false, [this] { run(); });
    sweep = loop.every(1s, [this] { drop_gone(); });
  }

  // Our own socket rather than MHD's: a port that is taken must be refused, not shared.
  static int listen_on(const std::string& text, int wanted) {
    const std::string where = "http server: " + text + ":" + std::to_string(wanted);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(wanted));
    if (inet_pton(AF_INET, text.c_str(), &address.sin_addr) != 1)
      throw std::system_error{EINVAL, std::generic_category(), where + ": not an IPv4 address"};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    if (fd >= 0) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd < 0 || bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        listen(fd, SOMAXCONN) != 0) {
      const int why = errno;
      if (fd >= 0) close(fd);
      throw std::system_error{why, std::generic_category(), where};
    }
    return fd;
  }

  // MHD does not look at a suspended connection: we see for it whether the peer has gone.
  void drop_gone() {
    for (auto* exchange : exchanges) {
      if (!exchange->suspended) continue;
      const auto* info =
          MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
      char next = 0;
      if (recv(info->connect_fd, &next, 1, MSG_PEEK | MSG_DONTWAIT) != 0) continue;
      exchange->closing = true;
      exchange->wake();
    }
  }

  ~Daemon() {
    *alive = false;
    if (!mhd) return;
    loop.cancel(timer);
    loop.cancel(sweep);
    loop.forget_fd(epoll);
    for (auto* exchange : exchanges) {
      exchange->closing = true;
      if (exchange->suspended) MHD_resume_connection(exchange->connection);
      exchange->suspended = false;
    }
    MHD_run(mhd);
    MHD_stop_daemon(mhd);
  }

  void run() {
    MHD_run(mhd);
    loop.cancel(timer);
    MHD_UNSIGNED_LONG_LONG timeout = 0;
    if (MHD_get_timeout(mhd, &timeout) == MHD_YES)
      timer =
          loop.after(std::chrono::milliseconds{std::min<MHD_UNSIGNED_LONG_LONG>(timeout, 60000)},
                     [this] { run(); });
    // At its limit MHD listens no more, and begins again only when it is run after somebody left.
    const auto* open = MHD_get_daemon_info(mhd, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    const bool is_full = open && open->num_connections >= options.max_connections;
    if (std::exchange(was_full, is_full) && !is_full) soon();
  }

  // After a resume MHD wants to be run, but not from inside its own callbacks.
  void soon() {
    if (run_soon) return;
    run_soon = true;
    loop.after(Duration::zero(), [this, still = std::weak_ptr<bool>{alive}] {
      if (still.expired()) return;
      run_soon = false;
      run();
    });
  }

  static MHD_Result on_request(void* cls, MHD_Connection* connection, const char* url,
                               const char* method, const char*, const char* upload,
                               std::size_t* upload_size, void** con_cls) {
    auto& self = *static_cast<Daemon*>(cls);
    if (!*con_cls) {
      *con_cls = self.begin(connection, url, method);
      return MHD_YES;
    }
    auto& exchange = *static_cast<Responder::Exchange*>(*con_cls);
    if (*upload_size > 0) {
      if (exchange.request.body.size() + *upload_size > self.options.max_body_bytes)
        exchange.too_large = true;
      else
        exchange.request.body.append(upload, *upload_size);
      *upload_size = 0;
      return MHD_YES;
    }
    return self.complete(exchange);
  }

  Responder::Exchange* begin(MHD_Connection* connection, const char* url, const char* method) {
    MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT,
                              static_cast<unsigned>(to_seconds(options.idle_timeout)));
    auto exchange = std::make_shared<Responder::Exchange>();
    exchange->daemon = this;
    exchange->connection = connection;
    exchange->self = exchange;
    auto& request = exchange->request;
    request.method = method;
    request.path = url;
    MHD_get_connection_values(connection, MHD_HEADER_KIND, &on_header, &request);
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, &on_query, &request);
    const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    char text[INET_ADDRSTRLEN] = "";
    if (info && info->client_addr->sa_family == AF_INET) {
      sockaddr_in peer;
      std::memcpy(&peer, info->client_addr, sizeof peer);
      inet_ntop(AF_INET, &peer.sin_addr, text, sizeof text);
    }
    request.peer = text;
    exchanges.insert(exchange.get());
    return exchange.get();
  }

  static MHD_Result on_header(void* cls, MHD_ValueKind, const char* key, const char* value) {
    auto& request = *static_cast<ServerRequest*>(cls);
    if (request.headers.size() >= max_headers) return MHD_NO;
    request.headers.emplace_back(lower(key), value ? value : "");
    return MHD_YES;
  }

  static MHD_Result on_query(void* cls, MHD_ValueKind, const char* key, const char* value) {
    auto& request = *static_cast<ServerRequest*>(cls);
    if (request.query.size() >= max_headers) return MHD_NO;
    request.query.emplace(key, value ? value : "");
    return MHD_YES;
  }

  MHD_Result complete(Responder::Exchange& exchange) {
    if (!exchange.handled) {
      exchange.handled = true;
      exchange.in_handler = true;
      if (exchange.too_large)
        Responder{exchange.self}.send({.status = 413,
                                       .content_type = "text/plain",
                                       .body = "the request is too large\n",
                                       .headers = {}});
      else
        handle(std::move(exchange.request), Responder{exchange.self});
      exchange.in_handler = false;
    }
    if (exchange.queued) return MHD_YES;
    if (exchange.streaming) return queue_stream(exchange);
    if (exchange.answered) return queue_answer(exchange);
    if (exchange.closing) return MHD_NO;
    exchange.suspended = true;
    MHD_suspend_connection(exchange.connection);
    return MHD_YES;
  }

  static void add_headers(MHD_Response* response, const ServerAnswer& answer) {
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer.content_type.c_str());
    for (const auto& [name, value] : answer.headers)
      MHD_add_response_header(response, name.c_str(), value.c_str());
  }

  static MHD_Result queue_answer(Responder::Exchange& exchange) {
    auto& answer = exchange.answer;
    MHD_Response* response = MHD_create_response_from_buffer(answer.body.size(), answer.body.data(),
                                                             MHD_RESPMEM_MUST_COPY);
    add_headers(response, answer);
    return queue(exchange, response);
  }

  static MHD_Result queue_stream(Responder::Exchange& exchange) {
    MHD_Response* response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 64u << 10,
                                                               &on_stream, &exchange, nullptr);
    add_headers(response, exchange.answer);
    return queue(exchange, response);
  }

  static MHD_Result queue(Responder::Exchange& exchange, MHD_Response* response) {
    exchange.queued = true;
    const auto status = static_cast<unsigned>(exchange.answer.status);
    const auto result = MHD_queue_response(exchange.connection, status, response);
    MHD_destroy_response(response);
    return result;
  }

  static ssize_t on_stream(void* cls, std::uint64_t, char* buffer, std::size_t room) {
    auto& exchange = *static_cast<Responder::Exchange*>(cls);
    if (exchange.pending.empty()) {
      if (exchange.breaking) return MHD_CONTENT_READER_END_WITH_ERROR;
      if (exchange.closing) return MHD_CONTENT_READER_END_OF_STREAM;
      exchange.suspended = true;
      MHD_suspend_connection(exchange.connection);
      return 0;
    }
    const auto bytes = std::min(room, exchange.pending.size());
    std::memcpy(buffer, exchange.pending.data(), bytes);
    exchange.pending.erase(0, bytes);
    return static_cast<ssize_t>(bytes);
  }

  static void on_completed(void* cls, MHD_Connection*, void** con_cls, MHD_RequestTerminationCode) {
    auto* exchange = static_cast<Responder::Exchange*>(*con_cls);
    if (!exchange) return;
    static_cast<Daemon*>(cls)->exchanges.erase(exchange);
    exchange->connection = nullptr;
    exchange->daemon = nullptr;
    *con_cls = nullptr;
    exchange->self.reset();  // Last: this may destroy it.
  }
};

void Responder::Exchange::wake() {
  if (in_handler || !connection) return;
  if (std::exchange(suspended, false)) MHD_resume_connection(connection);
  daemon->soon();
}

// All copies of a responder share one owner of the exchange; when it goes, nobody can answer.
Responder::Responder(const std::shared_ptr<Exchange>& exchange)
    : exchange_{exchange.get(), [kept = exchange](Exchange* unused) mutable {
                  if (!unused->answered)
                    Responder::answer(*unused, {.status = 503,
                                                .content_type = "text/plain",
                                                .body = "nobody answered\n",
                                                .headers = {}});
                  kept.reset();
                }} {
}

void Responder::answer(Exchange& exchange, ServerAnswer answer) {
  if (exchange.answered || !exchange.connection) return;
  exchange.answered = true;
  exchange.answer = std::move(answer);
  exchange.wake();
}

void Responder::send(ServerAnswer sent) {
  answer(*exchange_, std::move(sent));
}

void Responder::start_stream(std::string content_type, HttpHeaders headers) {
  if (exchange_->answered || !exchange_->connection) return;
  exchange_->answered = exchange_->streaming = true;
  exchange_->answer.content_type = std::move(content_type);
  exchange_->answer.headers = std::move(headers);
  exchange_->wake();
}

bool Responder::write(std::string_view bytes, std::size_t max_pending) {
  if (!alive() || exchange_->closing) return false;
  if (exchange_->pending.size() + bytes.size() > max_pending) {
    close();
    return false;
  }
  exchange_->pending.append(bytes);
  exchange_->wake();
  return true;
}

void Responder::close() {
  exchange_->closing = true;
  exchange_->wake();
}

void Responder::break_off() {
  exchange_->breaking = true;
  close();
}

bool Responder::alive() const {
  return exchange_->connection != nullptr;
}

std::string_view ServerRequest::header(std::string_view name) const {
  const auto found = std::ranges::find(headers, name, &HttpHeaders::value_type::first);
  return found == headers.end() ? std::string_view{} : found->second;
}

std::string_view ServerRequest::parameter(std::string_view name) const {
  const auto found = query.find(std::string{name});
  return found == query.end() ? std::string_view{} : found->second;
}

HttpServer::HttpServer(Loop& loop, Options options, Handle handle)
    : daemon_{std::make_unique<Daemon>(loop, std::move(options), std::move(handle))} {
  daemon_->start();
}

HttpServer::~HttpServer() = default;

int HttpServer::port() const {
  return MHD_get_daemon_info(daemon_->mhd, MHD_DAEMON_INFO_BIND_PORT)->port;
}

}  // namespace paceline
