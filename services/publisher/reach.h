// Could this node publish, as far as the network is concerned? From what became of its last
// publication or probe, and of its last token request.
//
// An answer of the endpoint's own (2xx to 4xx) is reach, whatever it says: a refusal would meet
// every node. No answer, or a 5xx, is none; nor is a token service out of reach once the token has
// run out.
#pragma once

namespace paceline::publisher {

class Reach {
 public:
  /// A publication or a probe ended.
  ///   status   [HTTP] 0 = no answer
  void endpoint(int status) {
    tried_ = true;
    endpoint_ = answers(status);
  }
  /// A token request ended.
  void token_service(int status) { token_service_ = answers(status); }

  bool tried() const { return tried_; }
  bool reachable(bool token_usable) const { return endpoint_ && (token_usable || token_service_); }

 private:
  static bool answers(int status) { return status > 0 && status < 500; }

  bool tried_ = false;
  bool endpoint_ = false;
  bool token_service_ = true;
};

}  // namespace paceline::publisher
