// What somebody meant who wrote a word that does not exist.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace paceline {

/// The word of `words` that is nearest to `word`, whatever the case and what stands between letters;
/// "" if none is near: a third of its letters may differ, three at most, or one is part of the
/// other.
///
///   cost   O(words x their length²); words over 64 bytes are near to nothing
std::string_view nearest_word(std::string_view word, std::span<const std::string_view> words);

inline constexpr std::size_t longest_word = 64;  // [bytes]

/// [0, 64] How many letters have to be put in, left out, replaced or swapped with the next one to make one word of the
/// other (optimal string alignment). Of each, the first 64 bytes count.
std::size_t letters_apart(std::string_view a, std::string_view b);

/// "; did you mean \"WORD\"?", to be appended to what is wrong; "" if no word is near.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> words);

}  // namespace paceline
