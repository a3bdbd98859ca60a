#include "common/ports/client_credentials.h"

#include <algorithm>

#include "common/base/retry_after.h"
#include "common/base/utf8.h"
#include "common/ports/http_refusal.h"

namespace paceline {
namespace {

constexpr std::size_t max_answer_bytes = 256u << 10;
constexpr std::size_t longest_error = 1024;  // [bytes]

Result<TokenAnswer> token_of(const Result<HttpAnswer>& answer) {
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status < 200 || answer->status >= 300)
    return fail(Errc::refused, http_refusal(*answer));
  auto token = decode_token_answer(answer->body);
  if (token) return token;
  if (const std::string page = answered_page(*answer); !page.empty())
    return fail(Errc::bad_value, page);
  if (const std::string refusal = refusal_text(answer->body); !refusal.empty())
    return fail(Errc::refused, "no token, but " + refusal);
  return token;
}

bool is_client_refused(const HttpAnswer& answer) {
  return answer.status == 401 || token_refusal(answer.body).starts_with("invalid_client");
}

}  // namespace

HttpRequest token_request(HttpRequest to, std::string_view client_id,
                          std::string_view client_secret) {
  to.method = "POST";
  to.headers = {{"Authorization", basic_authorization(client_id, client_secret)},
                {"Content-Type", "application/x-www-form-urlencoded"},
                {"Accept", "application/json"}};
  to.body = "grant_type=client_credentials";
  return to;
}

ClientCredentials::ClientCredentials(World& world, Http& http, Options options, Answered answered)
    : world_{world},
      http_{http},
      options_{std::move(options)},
      answered_{std::move(answered)},
      fault_{world.log, options_.fault_event} {
}

ClientCredentials::~ClientCredentials() {
  world_.timers.cancel(timer_);
  if (call_) http_.cancel(*call_);
}

void ClientCredentials::refused(const std::string& text) {
  token_.refused(world_.clock.now(), text, world_.random.uniform());
  renew();
}

// Fetches a token if it is time, and otherwise comes again when it will be.
void ClientCredentials::renew() {
  const Instant now = world_.clock.now();
  if (token_.wants_fetch(now)) return fetch();
  world_.timers.cancel(timer_);
  if (const auto next = token_.next())
    timer_ = world_.timers.after(std::max(*next - now, Duration::zero()), [this] { renew(); });
}

void ClientCredentials::fetch() {
  token_.fetching(world_.clock.now());
  HttpRequest request = token_request(options_.request, options_.client_id, options_.client_secret);
  request.max_answer_bytes = max_answer_bytes;
  call_ = http_.send(std::move(request),
                     [this](Result<HttpAnswer> answer) { on_answer(std::move(answer)); });
}

void ClientCredentials::on_answer(Result<HttpAnswer> answer) {
  call_.reset();
  const Result<TokenAnswer> token = token_of(answer);
  if (token) {
    token_.fetched(*token);
    error_.clear();
    fault_.good();
  } else {
    const auto retry_after =
        answer ? parse_retry_after(answer->header("retry-after"), world_.clock.wall())
               : std::nullopt;
    token_.failed(world_.clock.now(), retry_after, world_.random.uniform());
    // Where nothing was answered, the port says the address itself.
    const std::string address = http_address(options_.request.url);
    const std::string& detail = token.error().detail;
    error_ = printable_ascii(detail.starts_with(address) ? detail : address + ": " + detail,
                             longest_error);
    error_ += pause_words(retry_after.value_or(Duration::zero()), world_.clock.wall());
    fault_.bad({{"why", error_}});
    if (answer && is_client_refused(*answer)) read_secret_again();
  }
  renew();
  answered_(token.has_value(), answer ? answer->status : 0);
}

void ClientCredentials::read_secret_again() {
  if (!options_.read_secret) return;
  auto secret = options_.read_secret();
  if (!secret)
    error_ = printable_ascii(error_ + "; and " + secret.error().detail, longest_error);
  else
    options_.client_secret = *std::move(secret);
}

}  // namespace paceline
