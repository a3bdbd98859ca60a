// Prometheus' text of a whole node, as its watch serves it, and the part of one process in it.
#pragma once

#include <string>
#include <string_view>

namespace paceline::pacelinectl {

/// The samples with the labels `process` and `index` of that process, and the comments of their families.
///   name      "pacer-1", "pacer/1"; "pacer" are all of them
///   returns   "" = none
std::string metrics_of_process(std::string_view text, std::string_view name);

}  // namespace paceline::pacelinectl
