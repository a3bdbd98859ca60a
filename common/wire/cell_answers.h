// Other clusters beside ours, as watch tells of them: GET /api/v1/cells.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/wire/schema.h"
#include "common/wire/state_frame.h"

namespace paceline {

/// Another cluster that serves the same endpoint, as its watch told lately.
struct CellAnswer {
  std::string name;
  std::string url;
  double heard_s = -1;
  std::string silent_because;
  std::string master;
  std::uint64_t targets = 0;
  bool ready = false;
  std::string worst;
  std::string remedy;

  static constexpr About about{"cell", "Another cluster beside ours, as its watch told lately."};
  static constexpr auto schema() {
    using C = CellAnswer;
    return std::tuple{
        Field{&C::name, "name", "as the settings of watch call it"},
        Field{&C::url, "url", "of its page"},
        Field{&C::heard_s, "heard_s", "s", -1, max_seconds, "since its last answer; null = never"},
        Field{&C::silent_because, "silent_because", "why it does not answer; empty = it does"},
        Field{&C::master, "master", "who is master there; empty = nobody"},
        Field{&C::targets, "targets", "targets", "of its targets file"},
        Field{&C::ready, "ready", "the node that answered is fit for its role"},
        Field{&C::worst, "worst", "the first of its causes; empty = there is none"},
        Field{&C::remedy, "remedy", "what to do about that"},
    };
  }
  bool operator==(const CellAnswer&) const = default;
};
static_assert(lists_every_member<CellAnswer>());

/// All of them, in the order of the settings.
struct CellsAnswer {
  std::vector<CellAnswer> cells;

  static constexpr About about{"cells", "Other clusters beside ours."};
  static constexpr auto schema() {
    return std::tuple{Field{&CellsAnswer::cells, "cells", "in the order of the settings"}};
  }
  bool operator==(const CellsAnswer&) const = default;
};
static_assert(lists_every_member<CellsAnswer>());

}  // namespace paceline
