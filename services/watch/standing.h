// Why a node is what it is, in an operator's words: the electors' own are of the protocol.
//
// Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/wire/answers.h"

namespace paceline::watch {

/// "a quorum acknowledged; elected: a released: b is fitter" -> "a handed over: b is fitter". What it does not know
/// stays as it is.
std::string plain_words(std::string_view why);

/// Why nobody of a higher priority than the master's is master: "a (priority 100, b has 90) is silent"; "" where the
/// master has the highest.
std::string why_not_preferred(const StatusAnswer& status);

}  // namespace paceline::watch
