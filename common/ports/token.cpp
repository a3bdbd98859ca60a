#include "common/ports/token.h"

#include "common/base/check.h"

namespace paceline {
namespace {

std::string form_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '*';
    if (plain)
      out += c;
    else
      ((out += '%') += digits[byte >> 4]) += digits[byte & 15];
  }
  return out;
}

std::string base64(std::string_view text) {
  constexpr std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 3; ++j)
      bits = bits << 8 | (i + j < text.size() ? static_cast<unsigned char>(text[i + j]) : 0u);
    for (std::size_t j = 0; j < 4; ++j)
      out += i + j <= text.size() ? letters[bits >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

}  // namespace

std::optional<Instant> Token::next() const {
  return asked_ ? std::nullopt : std::optional{fetch_at_};
}

void Token::fetched(const TokenAnswer& answer) {
  CHECK(asked_);
  const Duration life = std::chrono::seconds{answer.expires_in_s};
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
  return "Basic " + base64(form_encoded(client_id) + ":" + form_encoded(client_secret));
}

std::string basic_password(std::string_view user, std::string_view password) {
  return "Basic " + base64((std::string{user} + ':').append(password));
}

}  // namespace paceline
