// The shipped files, and small changes to them, for the tests of the topology.
#pragma once

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

#include "tests/support/source_folder.h"

namespace paceline::test {

/// A file under topology/, whole.
inline std::string shipped(const std::string& name) {
  std::ifstream in{source_folder() + "/topology/" + name};
  if (!in) throw std::runtime_error{"no topology/" + name};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// `text` with the first `what` replaced, which has to be there.
inline std::string changed(std::string text, std::string_view what, std::string_view by) {
  const auto at = text.find(what);
  if (at == text.npos) throw std::runtime_error{"not in the text: " + std::string{what}};
  return text.replace(at, what.size(), by);
}

}  // namespace paceline::test
