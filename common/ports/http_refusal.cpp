#include "common/ports/http_refusal.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/ascii.h"
#include "common/base/utf8.h"
#include "common/wire/engagement.h"

namespace paceline {
namespace {

constexpr std::size_t longest = 1024;       // [bytes]
constexpr std::size_t longest_place = 300;  // Of a URL.
constexpr std::size_t longest_sentence = 200;
constexpr std::size_t most_looked_at = 4096;  // Of a body, for its first sentence.
constexpr Duration longest_untold_pause = 10s;

std::string_view first_sentence(std::string_view text) {
  text = text.substr(0, most_looked_at);
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == text.npos) return {};
  text = text.substr(begin);
  return text.substr(0, std::min(text.find_first_of("\r\n"), text.find(". ")));
}

// JSON that we do not know is shown as it is, without its line breaks.
std::string first_words(std::string_view body) {
  const std::string_view sentence = first_sentence(body);
  if (!sentence.starts_with('{') && !sentence.starts_with('[')) return std::string{sentence};
  std::string words;
  for (const char c : body.substr(0, most_looked_at)) {
    const bool is_blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!is_blank)
      words += c;
    else if (!words.empty() && words.back() != ' ')
      words += ' ';
  }
  return words;
}

bool starts_as(std::string_view text, std::string_view word) {
  return same_word(text.substr(0, word.size()), word);
}

// " (400 No required SSL certificate was sent)"; "" if the page has none.
std::string title_of(std::string_view page) {
  constexpr std::string_view begin = "<title>";
  const auto found = page.find(begin);
  if (found == page.npos) return {};
  page.remove_prefix(found + begin.size());
  return " (" + printable_ascii(page.substr(0, page.find('<')), longest_sentence) + ")";
}

std::string body_words(const HttpAnswer& answer) {
  if (std::string page = answered_page(answer); !page.empty()) return page;
  std::string said = refusal_text(answer.body);
  if (said.empty()) said = printable_ascii(first_words(answer.body), longest_sentence);
  return said;
}

}  // namespace

std::string http_address(std::string_view url) {
  return std::string{url.substr(0, url.find_first_of("?#"))};
}

std::string answered_page(const HttpAnswer& answer) {
  const std::string_view begin = first_sentence(answer.body);
  const bool is_page = answer.header("content-type").find("html") != std::string_view::npos ||
                       starts_as(begin, "<html") || starts_as(begin, "<!doctype html");
  return is_page ? "answered text/html" + title_of(answer.body) : "";
}

std::string http_refusal(const HttpAnswer& answer, std::string_view url) {
  const auto shown = [](std::string_view text) { return printable_ascii(text, longest_place); };
  std::string words = fmt::format("HTTP status {}", answer.status);
  if (!url.empty()) words += " at " + shown(http_address(url));
  const bool is_redirect = answer.status >= 300 && answer.status < 400;
  if (answer.status == 407) words += ", said by the proxy";
  if (is_redirect && !answer.header("location").empty())
    words += ", redirected to " + shown(http_address(answer.header("location"))) + ", not followed";
  else if (const std::string said = body_words(answer); !said.empty())
    words += ": " + said;
  return printable_ascii(words, longest);
}

std::string pause_words(Duration asked, WallTime now) {
  return asked > longest_untold_pause
             ? "; it asks to be left alone until " + format_utc(now + asked)
             : "";
}

}  // namespace paceline
