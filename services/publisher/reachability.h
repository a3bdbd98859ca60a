// Could this node publish, as far as the network is concerned? Follows from what became of its
// last publication or probe, and of its last token request.
//
// Any answer below 500 says that the endpoint can be reached, a refusal too. No answer, or a 5xx,
// says that it cannot. Nor can a node publish that has no token which is good, when its last token
// request brought none: no answer, an error, or a refusal of its client or secret. A token that is
// just being fetched, the first or after a 401, is no fault.
#pragma once

namespace paceline::publisher {

class Reachability {
 public:
  /// A publication or a probe ended.
  ///   status   [HTTP] 0 = no answer
  void endpoint(int status) {
    tried_ = true;
    endpoint_ = answers(status);
  }
  /// A token request ended.
  ///   fetched   whether there is a new token
  void token_service(bool fetched) { token_failed_ = !fetched; }

  bool tried() const { return tried_; }
  bool reachable(bool token_usable) const { return endpoint_ && (token_usable || !token_failed_); }

 private:
  static bool answers(int status) { return status > 0 && status < 500; }

  bool tried_ = false;
  bool endpoint_ = false;
  bool token_failed_ = false;
};

}  // namespace paceline::publisher
