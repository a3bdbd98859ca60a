#include "common/base/nearest_word.h"

#include <algorithm>
#include <array>

#include "common/base/ascii.h"

namespace paceline {
namespace {

constexpr std::size_t most_slips = 3;
constexpr std::size_t least_part = 4;  // Letters of a part that says enough.

// Letters and digits in lower case: "Optimization Goal" and optimization_goal are one word.
std::string letters_of(std::string_view word) {
  std::string letters;
  for (const char c : word) {
    const char lower = ascii_lower(c);
    if ((lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9')) letters += lower;
  }
  return letters;
}

}  // namespace

std::size_t letters_apart(std::string_view a, std::string_view b) {
  a = a.substr(0, longest_word);
  b = b.substr(0, longest_word);
  std::array<std::array<std::size_t, longest_word + 1>, longest_word + 1> least{};
  for (std::size_t i = 0; i <= a.size(); ++i) least[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) least[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      least[i][j] = std::min(
          {least[i - 1][j] + 1, least[i][j - 1] + 1, least[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        least[i][j] = std::min(least[i][j], least[i - 2][j - 2] + 1);
    }
  return least[a.size()][b.size()];
}

std::string_view nearest_word(std::string_view word, std::span<const std::string_view> words) {
  if (word.size() > longest_word) return {};
  const std::string meant = letters_of(word);
  std::string_view nearest;
  std::size_t least = longest_word + 1;
  for (const auto candidate : words) {
    if (meant.empty() || candidate.size() > longest_word) continue;
    const std::string letters = letters_of(candidate);
    const std::size_t most = std::min(most_slips, (std::max(meant.size(), letters.size()) + 1) / 3);
    const std::size_t apart = letters_apart(meant, letters);
    const bool part = (meant.size() >= least_part && letters.find(meant) != letters.npos) ||
                      (letters.size() >= least_part && meant.find(letters) != meant.npos);
    if (apart > most && !part) continue;
    if (apart < least) {
      least = apart;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> words) {
  const auto nearest = nearest_word(word, words);
  return nearest.empty() ? "" : "; did you mean \"" + std::string{nearest} + "\"?";
}

}  // namespace paceline
