// How fit is this node to be master, by what its own publisher reports, and reported before?
//
//   Health health{{.pace_stale = 5s, .max_clock_skew = 3s}};
//   health.report(report);                     // our publisher spoke
//   health.heard_master(term, is_fit, now);    // another node is master
//   health.tier(), health.why();
//
// A node is fit if what it is for would work: an invitation would go out, as it should. A master whose
// publication failed stays unfit until one of its own was accepted or another master has shown, in a
// later term, that publishing works: a probe alone proves little, and a fault that meets every node
// must not send mastership round.
#pragma once

#include <string>

#include "common/wire/messages.h"

namespace paceline::elector {

/// Smaller is better. Without a publisher a node cannot be master; others can, after fitter ones.
enum class Tier : std::int32_t {
  fit = 0,
  stale_pace = 1,      // It would pace by old or missing statistics, or with nothing learned.
  cannot_publish = 2,  // Endpoint, token or clock are not as they must be, or publications fail.
  no_publisher = 3,    // Dead, silent or never heard.
};

const char* to_string(Tier tier);

class Health {
 public:
  struct Bounds {
    Duration pace_stale = 5s;      // [> 0] Older pace counts as missing.
    Duration max_clock_skew = 3s;  // [> 0] Our clock may differ so much from the endpoint's.
    bool remembers = true;         // False: a failure is forgotten at once (tests only).
  };
  explicit Health(Bounds bounds) : bounds_{bounds} {}

  /// Our publisher reported.
  void report(const PublicationReport& report);

  /// Another node said that it is master in `term`.
  void heard_master(std::uint64_t term, bool is_fit, Instant now);

  Tier tier() const { return tier_; }
  const std::string& why() const { return why_; }  // For people; "" = it is fit.

 private:
  void note_failure(const PublicationReport& report);
  Duration proof() const;  // For so long another master has to be fit before it proves anything.

  const Bounds bounds_;
  Tier tier_ = Tier::no_publisher;
  std::string why_ = "its publisher was never heard";
  Duration period_{};              // Of publications, as our publisher says.
  std::uint64_t failed_term_ = 0;  // Our publications failed in it; 0 = not since the last proof.
  std::string failure_;
  std::uint64_t accepted_term_ = 0;  // A publication of ours was accepted in it.
  std::uint64_t proved_term_ = 0;    // Failures in it or before say nothing any more.
  std::uint64_t other_term_ = 0;     // Another master is fit in it, ...
  Instant other_since_{};            // ... since then.
};

}  // namespace paceline::elector
