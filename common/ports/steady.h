// When what others say is good again.
#pragma once

#include <cstdint>

namespace paceline {

/// So many good messages in a row end a fault of bad ones for the log (FaultLog): other nodes decide
/// about both, and by turns would fill it.
inline constexpr std::uint64_t steady_messages = 50;

}  // namespace paceline
