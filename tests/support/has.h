// What a text that is meant for people is asked most often.
#pragma once

#include <string_view>

namespace paceline::test {

inline bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace paceline::test
