// What an HTTP answer that is no success says, for people.
#pragma once

#include <string>
#include <string_view>

#include "common/ports/http.h"

namespace paceline {

/// A URL without its query, which may hold a key.
std::string http_address(std::string_view url);

/// "answered text/html (its title)" if the answer is a page for people (of a proxy, a portal, a start page); else "".
std::string answered_page(const HttpAnswer& answer);

/// "HTTP status 403 at https://a.test/b: The client may not publish". After the address comes what
/// helps most: where a redirect leads, that a proxy said it, that the answer is a page for people, or
/// what the body says (an OAuth error, the message of a JSON object, its first sentence).
///
///   url       that was asked; "" = without "at ..."
///   returns   printable ASCII, at most 1 KiB
std::string http_refusal(const HttpAnswer& answer, std::string_view url = "");

/// "; it asks to be left alone until 2026-11-22T19:43:46.375Z", to follow a refusal; "" for a pause that
/// nobody would notice, of 10 s at most.
std::string pause_words(Duration asked, WallTime now);

}  // namespace paceline
