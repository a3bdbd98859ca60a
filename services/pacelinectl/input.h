// What comes on standard input.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "services/pacelinectl/environment.h"
#include "services/pacelinectl/request.h"

namespace paceline::pacelinectl {

/// The option of that name among the filters; "" = it is not given.
std::string given(const Request& request, std::string_view option);

/// What stands between spaces; there is no quoting.
std::vector<std::string> words_between_spaces(std::string_view text);

/// `text` with `by` wherever `what` stood.
std::string replaced(std::string text, std::string_view what, std::string_view by);

/// One line, without its end.
///   errors   too_large: over 4096 bytes; unavailable: the input ended before the line did
Result<std::string> read_line(Environment& environment);

/// All of it.
///   errors   too_large: over `most` bytes
Result<std::string> read_whole_input(Environment& environment, std::size_t most);

}  // namespace paceline::pacelinectl
