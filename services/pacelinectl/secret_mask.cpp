#include "services/pacelinectl/secret_mask.h"

#include <algorithm>
#include <array>
#include <optional>

#include "common/base/ascii.h"
#include "common/base/base64.h"
#include "common/base/secrets.h"
#include "common/base/url.h"
#include "common/wire/json_writer.h"
#include "services/pacelinectl/input.h"

namespace paceline::pacelinectl {
namespace {

constexpr std::string_view blanks = " \t";

bool is_key_character(char c) {
  return (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

/// The key before the `=` at `equals`: bare, dotted or quoted; "" = none.
std::string_view key_before(std::string_view file, std::size_t equals) {
  const auto last = file.find_last_not_of(blanks, equals == 0 ? 0 : equals - 1);
  if (equals == 0 || last == file.npos) return {};
  if (file[last] == '"' || file[last] == '\'') {
    const auto open = last == 0 ? file.npos : file.rfind(file[last], last - 1);
    return open == file.npos ? std::string_view{} : file.substr(open + 1, last - open - 1);
  }
  auto first = last + 1;
  while (first > 0 && is_key_character(file[first - 1])) --first;
  return file.substr(first, last + 1 - first);
}

/// Behind the closing quote of a text that begins at `at`; of one line the end of that line if it is never closed.
std::size_t end_of_quoted(std::string_view file, std::size_t at) {
  const char quote = file[at];
  const std::string triple(3, quote);
  const bool is_long = file.substr(at, 3) == triple;
  for (std::size_t i = at + (is_long ? 3 : 1); i < file.size(); ++i) {
    if (file[i] == '\\' && quote == '"') {
      ++i;
    } else if (!is_long && (file[i] == '\n' || file[i] == quote)) {
      return i + (file[i] == quote ? 1 : 0);
    } else if (is_long && file.substr(i, 3) == triple) {
      return std::min(file.find_first_not_of(quote, i), file.size());
    }
  }
  return file.size();
}

/// Behind the bracket that closes the one at `at`.
std::size_t end_of_bracket(std::string_view file, std::size_t at) {
  int depth = 0;
  for (std::size_t i = at; i < file.size();) {
    const char c = file[i];
    if (c == '"' || c == '\'') {
      i = end_of_quoted(file, i);
      continue;
    }
    ++i;
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && --depth == 0) return i;
  }
  return file.size();
}

std::size_t end_of_value(std::string_view file, std::size_t at) {
  if (at >= file.size()) return file.size();
  if (file[at] == '"' || file[at] == '\'') return end_of_quoted(file, at);
  if (file[at] == '[' || file[at] == '{') return end_of_bracket(file, at);
  auto end = std::min(file.find('\n', at), file.size());
  while (end > at && (file[end - 1] == '\r' || blanks.find(file[end - 1]) != blanks.npos)) --end;
  return end;
}

std::string_view unquoted(std::string_view value) {
  for (const std::string_view quote : {"\"\"\"", "'''", "\"", "'"})
    if (value.size() >= 2 * quote.size() && value.starts_with(quote) && value.ends_with(quote))
      return value.substr(quote.size(), value.size() - 2 * quote.size());
  return value;
}

/// As the program has it that reads the file: escapes of one character alone, which all secrets in use get by with.
std::string unescaped_value(std::string_view value) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\\' && i + 1 < value.size()) ++i;
    out += value[i];
  }
  return out;
}

bool starts_token(std::string_view text, std::size_t at) {
  return at == 0 || !is_key_character(text[at - 1]);
}

/// The end of a word that may be a token.
std::size_t end_of_token(std::string_view text, std::size_t at) {
  constexpr std::string_view marks = "-._~+/=";
  while (at < text.size() &&
         ((ascii_lower(text[at]) >= 'a' && ascii_lower(text[at]) <= 'z') ||
          (text[at] >= '0' && text[at] <= '9') || marks.find(text[at]) != marks.npos))
    ++at;
  return at;
}

/// "://name:password@" -> "://****@"
std::string hide_in_urls(std::string_view text) {
  constexpr std::string_view mark = "://";
  std::string out;
  for (auto at = text.find(mark); at != text.npos; at = text.find(mark)) {
    const auto begin = at + mark.size();
    const auto end = std::min(text.find_first_of("/?# \t\r\n\"'", begin), text.size());
    const auto sign = text.substr(begin, end - begin).rfind('@');
    out += text.substr(0, begin);
    if (sign != text.npos) out += SecretMask::hidden;
    text.remove_prefix(sign == text.npos ? begin : begin + sign);
  }
  return out.append(text);
}

/// Behind "Bearer " and "Basic ", whose words are in no sentence: eight characters at least.
std::string hide_tokens(std::string_view text) {
  constexpr std::size_t least = 8;
  constexpr auto schemes = std::to_array<std::string_view>({"bearer ", "basic "});
  const std::string lowered = ascii_lower(text);
  std::string out;
  std::size_t done = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto scheme = std::ranges::find_if(schemes, [&](std::string_view each) {
      return lowered.compare(at, each.size(), each) == 0;
    });
    if (scheme == schemes.end() || !starts_token(text, at)) continue;
    const auto begin = at + scheme->size();
    const auto end = end_of_token(text, begin);
    if (end - begin < least) continue;
    out.append(text.substr(done, begin - done)).append(SecretMask::hidden);
    done = at = end;
  }
  return out.append(text.substr(done));
}

/// access_token=..., "client_secret":"...", X-Api-Key: ...: as requests and answers have them; of cookies the whole line.
std::string hide_named(std::string_view text) {
  constexpr auto names = std::to_array<std::string_view>(
      {"access_token", "accesstoken",   "refresh_token", "refreshtoken",
       "id_token",     "client_secret", "clientsecret",  "client_assertion",
       "password",     "passwd",        "pwd",           "api_key",
       "api-key",      "apikey",        "x-api-key",     "x-auth-token",
       "token=",       "secret=",       "signature=",    "sig=",
       "response=",    "set-cookie",    "cookie"});
  const std::string lowered = ascii_lower(text);
  std::string out;
  std::size_t done = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto name = std::ranges::find_if(
        names, [&](std::string_view each) { return lowered.compare(at, each.size(), each) == 0; });
    if (name == names.end() || !starts_token(text, at)) continue;
    auto begin = at + name->size() - (name->ends_with('=') ? 1 : 0);
    if (begin < text.size() && (text[begin] == '"' || text[begin] == '\'')) ++begin;
    begin = std::min(text.find_first_not_of(blanks, begin), text.size());
    if (begin == text.size() || (text[begin] != '=' && text[begin] != ':')) continue;
    begin = std::min(text.find_first_not_of(blanks, begin + 1), text.size());
    if (begin == text.size()) continue;
    const bool is_quoted = text[begin] == '"' || text[begin] == '\'';
    const char* ends = name->ends_with("cookie") ? "\r\n" : " \t\r\n&,;}\"'";
    const auto end = is_quoted ? end_of_quoted(text, begin)
                               : std::min(text.find_first_of(ends, begin), text.size());
    if (end == begin) continue;
    if (is_quoted && end - begin == 2) continue;  // None is given.
    const std::string quote{text.substr(begin, is_quoted ? 1 : 0)};
    out.append(text.substr(done, begin - done))
        .append(quote)
        .append(SecretMask::hidden)
        .append(quote);
    done = end;
    at = end - 1;
  }
  return out.append(text.substr(done));
}

std::string hide_private_keys(std::string_view text) {
  constexpr std::string_view opening = "-----BEGIN ";
  constexpr std::string_view closing = "-----END ";
  std::string out;
  for (auto at = text.find(opening); at != text.npos; at = text.find(opening)) {
    const auto title = text.substr(at, text.find('\n', at) - at);
    const auto begin = at + title.size();
    out += text.substr(0, begin);
    text.remove_prefix(begin);
    if (title.find("PRIVATE KEY") == title.npos) continue;
    out.append("\n").append(SecretMask::hidden).append("\n");
    text.remove_prefix(std::min(text.find(closing), text.size()));
  }
  return out.append(text);
}

/// What is to be hidden of a file, and by what.
struct SecretPlace {
  std::size_t begin = 0;
  std::size_t end = 0;
  const char* mask = "";
  bool is_proxy = false;
};

/// Of the address of a proxy the name and password, as its host is no secret.
std::optional<SecretPlace> secret_in_proxy(std::string_view file, SecretPlace value) {
  const auto sign = file.substr(value.begin, value.end - value.begin).rfind('@');
  if (sign == file.npos) return std::nullopt;
  value.end = value.begin + sign;
  const auto scheme = file.substr(value.begin, sign).find("://");
  if (scheme != file.npos)
    value.begin += scheme + 3;
  else if (file[value.begin] == '"' || file[value.begin] == '\'')
    ++value.begin;
  value.mask = "****";
  value.is_proxy = true;
  return value;
}

/// The secret of the key before the `=` at `equals`, if it names one.
std::optional<SecretPlace> secret_behind(std::string_view file, std::size_t equals,
                                         const std::vector<std::string>& also) {
  const std::string_view key = key_before(file, equals);
  const bool is_proxy = key == "proxy" || key.ends_with(".proxy");
  const bool is_secret = names_secret(key) || std::ranges::find(also, key) != also.end();
  if (key.empty() || !(is_proxy || is_secret)) return std::nullopt;
  SecretPlace value{.mask = "\"****\""};
  value.begin = std::min(file.find_first_not_of(blanks, equals + 1), file.size());
  value.end = end_of_value(file, value.begin);
  if (is_proxy) return secret_in_proxy(file, value);
  if (unquoted(file.substr(value.begin, value.end - value.begin)).empty()) return std::nullopt;
  return value;
}

/// As the file has them and as the program does that reads it: of a list or table each text in it, of a proxy its
/// password too.
std::vector<std::string> secrets_in(std::string_view file, const SecretPlace& place) {
  const std::string_view value = file.substr(place.begin, place.end - place.begin);
  std::vector<std::string> secrets;
  const auto add = [&](std::string_view each) {
    secrets.emplace_back(each);
    secrets.push_back(unescaped_value(each));
  };
  if (!value.starts_with('[') && !value.starts_with('{')) {
    add(unquoted(value));
    if (!value.starts_with('"') && !value.starts_with('\'')) add(value.substr(0, value.find(',')));
    if (const auto colon = value.find(':'); place.is_proxy && colon != value.npos)
      add(value.substr(colon + 1));
    return secrets;
  }
  for (std::size_t at = value.find_first_of("\"'"); at != value.npos;) {
    const auto end = end_of_quoted(value, at);
    add(unquoted(value.substr(at, end - at)));
    at = value.find_first_of("\"'", end);
  }
  return secrets;
}

}  // namespace

bool names_secret(std::string_view key) {
  const auto dot = key.rfind('.');
  const std::string name = ascii_lower(dot == key.npos ? key : key.substr(dot + 1));
  for (const std::string_view other : {"_file", "_env", "_timeout", "_period", "_dir", "_url"})
    if (name.ends_with(other)) return false;
  constexpr auto harmless = std::to_array<std::string_view>({"keyframe", "metric_key"});
  return std::ranges::find(harmless, name) == harmless.end() && sounds_secret(name);
}

void SecretMask::add(std::string form) {
  if (form.empty() || std::ranges::find(forms_, form) != forms_.end()) return;
  const auto shorter = std::ranges::find_if(
      forms_, [&](const std::string& each) { return each.size() < form.size(); });
  forms_.insert(shorter, std::move(form));
}

void SecretMask::remember(std::string_view secret) {
  if (secret.empty() || secret == hidden) return;
  if (secret.size() < least_bytes) {
    ++too_short_;
    return;
  }
  if (std::ranges::find(forms_, secret) == forms_.end()) ++remembered_;
  add(std::string{secret});
  add(percent_encoded(secret));
  add(base64(secret));
  JsonWriter json;
  json.value(secret);
  add(std::string{unquoted(json.text())});
}

void SecretMask::remember_basic(std::string_view name, std::string_view password) {
  if (password.empty()) return;
  add(base64(std::string{name} + ":" + std::string{password}));
  remember(password);
}

std::string SecretMask::settings(std::string_view file, const std::vector<std::string>& also) {
  std::string out;
  std::size_t done = 0;
  for (auto equals = file.find('='); equals != file.npos; equals = file.find('=', equals + 1)) {
    const auto place = secret_behind(file, equals, also);
    if (!place) continue;
    for (const std::string& secret : secrets_in(file, *place)) remember(secret);
    out.append(file.substr(done, place->begin - done)).append(place->mask);
    done = place->end;
    equals = std::max(equals, done - 1);
  }
  return text(out.append(file.substr(done)));
}

std::string SecretMask::text(std::string_view given) const {
  std::string text{given};
  for (const std::string& form : forms_) text = replaced(std::move(text), form, hidden);
  return hide_private_keys(hide_named(hide_tokens(hide_in_urls(text))));
}

}  // namespace paceline::pacelinectl
