// What is wrong and what to do about it, as watch tells it with its status (answers.h).
#pragma once

#include <string>

#include "common/wire/schema.h"

namespace paceline {

enum class CauseWeight : std::uint8_t { stops, endangers, tells };

/// How bad it is.
template <>
inline constexpr std::array words_of<CauseWeight>{
    Word{"stops", "invitations do not go out as they should"},
    Word{"endangers", "they do, but one more failure may stop them"},
    Word{"tells", "an operator should know"},
};
static_assert(words_match<CauseWeight>());

/// Something that is wrong, and what to do about it.
struct CauseAnswer {
  std::string id;
  CauseWeight weight = CauseWeight::tells;
  std::string node;
  std::string cause;
  std::string remedy;

  static constexpr About about{"cause", "Something that is wrong, and what to do about it."};
  static constexpr auto schema() {
    using C = CauseAnswer;
    return std::tuple{
        Field{&C::id, "id", "a word for scripts and for the runbook"},
        Field{&C::weight, "weight", "how bad it is"},
        Field{&C::node, "node", "where; empty = the cluster"},
        Field{&C::cause, "cause", "what is wrong, a sentence"},
        Field{&C::remedy, "remedy", "what to do, a sentence"},
    };
  }
  bool operator==(const CauseAnswer&) const = default;
};
static_assert(lists_every_member<CauseAnswer>());

}  // namespace paceline
