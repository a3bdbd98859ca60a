#include "tests/bench/systems.h"

namespace paceline::test {

std::unique_ptr<System> make_system(std::string_view name, const Scenario& scenario,
                                    std::uint64_t seed) {
  if (name == "paceline") return make_paceline(scenario, {}, seed);
  if (name == "paceline_refresh") return make_paceline(scenario, {.debounce_s = -1}, seed);
  if (name == "paceline_b") return make_paceline(scenario, {.closed_form = true}, seed);
  if (name == "silent") return make_silent(scenario);
  if (name == "progressive") return make_progressive(scenario);
  if (name == "vicidial_hard") return make_vicidial(scenario, VicidialMode::hard_limit, 3);
  if (name == "vicidial_average") return make_vicidial(scenario, VicidialMode::average, 3);
  if (name == "vicidial_tapered") return make_vicidial(scenario, VicidialMode::tapered, 3);
  if (name == "webitel") return make_webitel(scenario);
  if (name == "erlang_a") return make_erlang_rate(scenario);
  if (name == "prototype") return make_prototype(scenario, false, seed);
  if (name == "oracle") return make_prototype(scenario, true, seed);
  return nullptr;
}

}  // namespace paceline::test
