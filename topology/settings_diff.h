// What makes one topology file differ from another, setting by setting: comments, order and layout do not count.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace paceline {

struct SettingChange {
  std::string key;     // "publisher.gap", "nodes.a.host"
  std::string before;  // As TOML writes it; "" = not there.
  std::string after;

  /// "publisher.gap "300ms" -> "200ms"", "+ watch.tokens [...]", "- pacer.seed 7"
  std::string text() const;
};

/// In the order of their keys.
///   errors   bad_value: one of the texts is not TOML
Result<std::vector<SettingChange>> diff_settings(std::string_view before, std::string_view after);

}  // namespace paceline
