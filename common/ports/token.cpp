#include "common/ports/token.h"

#include <algorithm>

#include "common/base/base64.h"
#include "common/base/check.h"
#include "common/base/url.h"

namespace paceline {

std::optional<Instant> Token::next() const {
  return asked_ ? std::nullopt : std::optional{fetch_at_};
}

void Token::fetched(const TokenAnswer& answer) {
  CHECK(asked_);
  const Duration life =
      std::max<Duration>(std::chrono::seconds{answer.expires_in_s}, policy_.least_life);
  text_ = answer.access_token;
  expires_ = *asked_ + life;
  fetch_at_ = *asked_ + from_seconds(to_seconds(life) * policy_.renew_share);
  asked_.reset();
  retry_.reset();
}

void Token::failed(Instant now, std::optional<Duration> retry_after, double uniform) {
  asked_.reset();
  const Duration delay = retry_.next(uniform);
  fetch_at_ = now + std::max(delay, retry_after.value_or(Duration::zero()));
}

void Token::refused(Instant now, std::string_view text, double uniform) {
  if (text != text_) return;
  text_.clear();
  expires_ = Instant{};
  fetch_at_ = refusals_++ == 0 ? now : now + renewal_.next(uniform);
}

std::string basic_authorization(std::string_view client_id, std::string_view client_secret) {
  return "Basic " + base64(percent_encoded(client_id) + ":" + percent_encoded(client_secret));
}

std::string basic_password(std::string_view user, std::string_view password) {
  return "Basic " + base64((std::string{user} + ':').append(password));
}

}  // namespace paceline
