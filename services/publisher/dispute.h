// Does somebody else publish under our term? A copy of this cluster (disks of a drill, a restored
// machine) has our keys and terms and the same endpoint.
//
//   dispute.accepted(term);                        // one of our publications
//   if (dispute.conflict(term, held)) ...          // a 409 that names our own term
//
// An endpoint refuses our sequence for other reasons too: we were restarted and it holds what our
// predecessor sent, an answer was lost and a proxy repeated the request, it was restored from a
// backup. So it counts only once a publication of this process was accepted in the term: then
// nobody else may have published since. The endpoint proves it by naming another publisher, or by a
// second refusal in a row, if it names none.
#pragma once

#include <cstdint>

namespace paceline::publisher {

class Dispute {
 public:
  /// incarnation   [> 0] of this publisher, as it stands in publications
  explicit Dispute(std::uint64_t incarnation) : incarnation_{incarnation} {}

  void accepted(std::uint64_t term);

  /// The endpoint refused our sequence in our own term.
  ///   held      incarnation of the publisher that the endpoint holds a publication of; 0 = not said
  ///   returns   another publisher uses the term
  bool conflict(std::uint64_t term, std::uint64_t held);

 private:
  std::uint64_t incarnation_;
  std::uint64_t term_ = 0;  // In which a publication of ours was accepted.
  int unnamed_in_a_row_ = 0;
};

}  // namespace paceline::publisher
