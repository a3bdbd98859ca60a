#include "common/runtime/http_server.h"

#include <microhttpd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "common/runtime/http_head.h"
#include "common/runtime/http_places.h"
#include "common/runtime/system_clock.h"
#include "common/runtime/tcp_listener.h"

namespace paceline {
namespace {

constexpr double slowest_rate = 16 << 10;  // [bytes/s] Of a body, beyond request_timeout.
// libmicrohttpd 0.9.75 wants to be run again at once for as long as a TLS handshake waits for its peer,
// who may never go on: after some runs in which nothing moved it waits, unless something comes.
constexpr int most_in_vain = 8;
constexpr Duration vain_pause = 10ms;
constexpr std::size_t block_bytes = 64u << 10;  // Of an answer; four TLS records, a run each.

ServerAnswer refusal_in_text(int status, std::string_view why) {
  return {.status = status,
          .content_type = "text/plain",
          .body = std::string{why} + "\n",
          .headers = {}};
}

}  // namespace

// One request from its first byte until its connection is done with it. MHD keeps the raw pointer
// in con_cls; Responder copies share ownership, and find `connection` null once the peer is gone.
struct Responder::Exchange {
  HttpServer::Daemon* daemon = nullptr;
  MHD_Connection* connection = nullptr;
  HttpPlace* place = nullptr;
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
  Counts counts;
  SystemClock clock;
  HttpPlaces places{{.most = options.max_connections,
                     .most_of_address = options.max_of_address,
                     .kept_for_loopback = options.kept_for_loopback}};
  HttpPlace* coming = nullptr;  // While MHD takes it.
  MHD_Daemon* mhd = nullptr;
  std::optional<TcpListener> listener;
  int epoll = -1;
  TimerId timer = 0;
  TimerId sweep = 0;
  int in_vain = 0;  // Runs in a row.
  bool run_soon = false;
  std::set<Responder::Exchange*> exchanges;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);

  // MHD gets its connections from us, who know better whom to take; and all deadlines are ours.
  void start() {
    listener.emplace(loop, options.address, options.port,
                     [this](int fd, const sockaddr_storage& peer) { take(fd, peer); });
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET;
    const bool tls = !options.key_pem.empty();
    if (tls) flags |= MHD_USE_TLS;
    // Certificate and key come last and count only with MHD_USE_TLS.
    mhd = MHD_start_daemon(
        flags, 0, nullptr, nullptr, &on_request, this, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_NOTIFY_CONNECTION, &on_connection, this, MHD_OPTION_URI_LOG_CALLBACK,
        &on_request_line, this, MHD_OPTION_NOTIFY_COMPLETED, &on_completed, this,
        MHD_OPTION_CONNECTION_LIMIT, options.max_connections + 1, MHD_OPTION_CONNECTION_TIMEOUT, 0u,
        tls ? MHD_OPTION_HTTPS_MEM_KEY : MHD_OPTION_END, options.key_pem.c_str(),
        MHD_OPTION_HTTPS_MEM_CERT, options.certificate_pem.c_str(), MHD_OPTION_END);
    if (!mhd)
      throw std::system_error{EINVAL, std::generic_category(),
                              "http server: libmicrohttpd refuses to start (certificate and key?)"};
    epoll = MHD_get_daemon_info(mhd, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    loop.watch_fd(epoll, true, false, [this] {
      in_vain = 0;
      run();
    });
    sweep = loop.every(1s, [this] {
      drop_gone();
      drop_late();
    });
  }

  void take(int fd, const sockaddr_storage& address) {
    const HttpPeer peer = peer_of(address);
    auto room = places.room_for(peer);
    if (room.instead_of) {
      run();  // What came meanwhile may have made a request whole.
      room = places.room_for(peer);
    }
    if (room.instead_of) {
      ++counts.gave_way;
      end(*room.instead_of);
      run();
      room = places.room_for(peer);
    }
    if (!room.is_there || room.instead_of) return turn_away(fd);
    ++counts.accepted;
    const Instant now = clock.now();
    coming = &places.add(fd, peer, now, now + options.head_timeout);
    MHD_add_connection(mhd, fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    if (auto* refused = std::exchange(coming, nullptr)) places.remove(*refused);
  }

  void turn_away(int fd) {
    constexpr std::string_view busy =
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n"
        "Content-Type: text/plain\r\nContent-Length: 27\r\n\r\ntoo many are connected now\n";
    ++counts.turned_away;
    // Whom it does not reach sees that the connection ends.
    if (options.key_pem.empty()) send(fd, busy.data(), busy.size(), MSG_NOSIGNAL);
    close(fd);
  }

  // MHD hears that nothing more comes or goes, and closes it.
  static void end(HttpPlace& place) {
    place.until.reset();
    shutdown(place.socket, SHUT_RDWR);
  }

  void drop_late() {
    const auto late = places.late(clock.now());
    counts.late += late.size();
    for (auto* place : late) end(*place);
    if (!late.empty()) run();
  }

  Duration time_for(std::size_t bytes) const {
    return options.request_timeout + from_seconds(static_cast<double>(bytes) / slowest_rate);
  }

  void enter(Responder::Exchange& exchange, HttpPhase phase,
             std::optional<Duration> most = std::nullopt) {
    const Instant now = clock.now();
    places.enter(*exchange.place, phase, now,
                 most ? std::optional{now + *most} : std::optional<Instant>{});
  }

  // MHD does not look at a suspended connection: we see for it whether the peer has gone.
  void drop_gone() {
    for (auto* exchange : exchanges) {
      if (!exchange->suspended) continue;
      char next = 0;
      if (recv(exchange->place->socket, &next, 1, MSG_PEEK | MSG_DONTWAIT) != 0) continue;
      exchange->closing = true;
      exchange->wake();
    }
  }

  ~Daemon() {
    *alive = false;
    listener.reset();
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
    if (MHD_get_timeout(mhd, &timeout) != MHD_YES) return;
    Duration wait = std::chrono::milliseconds{std::min<MHD_UNSIGNED_LONG_LONG>(timeout, 60000)};
    if (wait == Duration::zero() && ++in_vain > most_in_vain) wait = vain_pause;
    timer = loop.after(wait, [this] { run(); });
  }

  // After a resume MHD wants to be run, but not from inside its own callbacks.
  void soon() {
    in_vain = 0;
    if (run_soon) return;
    run_soon = true;
    loop.after(Duration::zero(), [this, still = std::weak_ptr<bool>{alive}] {
      if (still.expired()) return;
      run_soon = false;
      run();
    });
  }

  static void on_connection(void* cls, MHD_Connection*, void** socket_context,
                            MHD_ConnectionNotificationCode what) {
    auto& self = *static_cast<Daemon*>(cls);
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
      *socket_context = std::exchange(self.coming, nullptr);
    else
      self.places.remove(*static_cast<HttpPlace*>(std::exchange(*socket_context, nullptr)));
  }

  static HttpPlace& place_of(MHD_Connection* connection) {
    const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return *static_cast<HttpPlace*>(info->socket_context);
  }

  // The parameters are for us alone: when they are too many for MHD it never answers. It looks for
  // them in this text, its own, after this call.
  static void* on_request_line(void*, const char* target, MHD_Connection* connection) {
    auto& place = place_of(connection);
    place.target = target ? target : "";
    place.target_end = target ? target + place.target.size() : nullptr;
    if (const auto mark = place.target.find('?'); mark != std::string::npos)
      const_cast<char*>(target)[mark + 1] = '\0';
    return nullptr;
  }

  static MHD_Result on_request(void* cls, MHD_Connection* connection, const char*,
                               const char* method, const char* version, const char* upload,
                               std::size_t* upload_size, void** con_cls) {
    auto& self = *static_cast<Daemon*>(cls);
    self.in_vain = 0;
    if (!*self.alive) return MHD_NO;  // It could wait for us, and MHD would abort.
    if (!*con_cls) {
      auto* exchange = self.begin(connection, method, version);
      *con_cls = exchange;
      return exchange->answered ? self.queue_answer(*exchange) : MHD_YES;
    }
    auto& exchange = *static_cast<Responder::Exchange*>(*con_cls);
    if (*upload_size > 0) {
      self.take_body(exchange, {upload, *upload_size});
      *upload_size = 0;
      return MHD_YES;
    }
    return self.complete(exchange);
  }

  Responder::Exchange* begin(MHD_Connection* connection, const char* method, const char* version) {
    auto exchange = std::make_shared<Responder::Exchange>();
    exchange->daemon = this;
    exchange->connection = connection;
    exchange->place = &place_of(connection);
    exchange->self = exchange;
    exchanges.insert(exchange.get());
    enter(*exchange, HttpPhase::receiving, time_for(0));
    auto& request = exchange->request;
    request.method = method;
    request.peer = exchange->place->peer.address;
    FieldReader reader{exchange->place->target_end, version};
    MHD_get_connection_values(connection, MHD_HEADER_KIND, &on_field, &reader);
    const bool is_plain = reader.is_plain();
    request.headers = std::move(reader.fields);
    if (!is_plain)
      refuse(*exchange, 400, "the head has a zero byte or a folded line");
    else if (const auto fault = fault_of_fields(request.headers, version))
      refuse(*exchange, fault->status, fault->why);
    else if (auto target = read_request_target(request.method, exchange->place->target); !target)
      refuse(*exchange, 400, target.error().detail);
    else
      take_target(request, *std::move(target));
    return exchange.get();
  }

  static MHD_Result on_field(void* cls, MHD_ValueKind, const char* name, const char* value) {
    static_cast<FieldReader*>(cls)->take(name, value);
    return MHD_YES;
  }

  // RFC 9112, 3.2.2: the host of the target counts, not that of the field.
  static void take_target(ServerRequest& request, RequestTarget target) {
    request.path = std::move(target.path);
    request.query = std::move(target.query);
    if (!target.authority) return;
    std::erase_if(request.headers, [](const auto& field) { return field.first == "host"; });
    request.headers.emplace_back("host", *std::move(target.authority));
  }

  // What is left of such a request is not looked at: the connection ends.
  void refuse(Responder::Exchange& exchange, int status, std::string_view why) {
    ++counts.refused;
    exchange.handled = exchange.answered = true;
    exchange.answer = (options.refuse ? options.refuse : refusal_in_text)(status, why);
    exchange.answer.headers.emplace_back("Connection", "close");
  }

  void take_body(Responder::Exchange& exchange, std::string_view bytes) {
    auto& body = exchange.request.body;
    if (body.size() + bytes.size() > options.max_body_bytes) exchange.too_large = true;
    if (exchange.too_large) return;
    body.append(bytes);
    exchange.place->until = exchange.place->since + time_for(body.size());
  }

  MHD_Result complete(Responder::Exchange& exchange) {
    if (!exchange.handled) {
      exchange.handled = true;
      exchange.in_handler = true;
      enter(exchange, HttpPhase::answering);
      if (exchange.too_large)
        refuse(exchange, 413, "the request is too large");
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

  MHD_Result queue_answer(Responder::Exchange& exchange) {
    auto& answer = exchange.answer;
    const auto size = answer.body.size();
    enter(exchange, HttpPhase::sending, time_for(size));
    MHD_Response* response =
        size > block_bytes && !options.key_pem.empty()  // In blocks TLS is seen to move.
            ? MHD_create_response_from_callback(size, block_bytes, &on_block, &exchange, nullptr)
            : MHD_create_response_from_buffer(size, answer.body.data(), MHD_RESPMEM_MUST_COPY);
    add_headers(response, answer);
    return queue(exchange, response);
  }

  MHD_Result queue_stream(Responder::Exchange& exchange) {
    if (!exchange.closing) enter(exchange, HttpPhase::streaming);
    MHD_Response* response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, block_bytes,
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

  static ssize_t on_block(void* cls, std::uint64_t from, char* buffer, std::size_t room) {
    auto& exchange = *static_cast<Responder::Exchange*>(cls);
    exchange.daemon->in_vain = 0;
    const auto block = std::string_view{exchange.answer.body}.substr(from, room);
    std::ranges::copy(block, buffer);
    return static_cast<ssize_t>(block.size());
  }

  static ssize_t on_stream(void* cls, std::uint64_t, char* buffer, std::size_t room) {
    auto& exchange = *static_cast<Responder::Exchange*>(cls);
    exchange.daemon->in_vain = 0;
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
    auto& self = *static_cast<Daemon*>(cls);
    self.in_vain = 0;
    self.exchanges.erase(exchange);
    self.enter(*exchange, HttpPhase::waiting, self.options.idle_timeout);
    exchange->connection = nullptr;
    exchange->place = nullptr;
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
  if (exchange_->streaming && exchange_->connection)
    exchange_->daemon->enter(*exchange_, HttpPhase::sending,
                             exchange_->daemon->time_for(exchange_->pending.size()));
  exchange_->wake();
}

void Responder::break_off() {
  exchange_->breaking = true;
  close();
}

bool Responder::alive() const {
  return exchange_->connection != nullptr;
}

HttpServer::HttpServer(Loop& loop, Options options, Handle handle)
    : daemon_{std::make_unique<Daemon>(loop, std::move(options), std::move(handle))} {
  daemon_->start();
}

HttpServer::~HttpServer() = default;

int HttpServer::port() const {
  return daemon_->listener->port();
}

const HttpServer::Counts& HttpServer::counts() const {
  return daemon_->counts;
}

std::size_t HttpServer::connections() const {
  return daemon_->places.taken();
}

}  // namespace paceline
