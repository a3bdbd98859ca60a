// The calls of an Http that a test makes up: each is answered once at most, and not after it was cancelled or the
// Http is gone.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "common/ports/http.h"

namespace paceline::test {

class HttpCalls {
 public:
  using Finish = std::function<void(Result<HttpAnswer> answer)>;

  /// A new call, and what answers it.
  std::pair<HttpCall, Finish> add(Http::Done done) {
    const HttpCall call = ++last_;
    (*open_)[call] = std::move(done);
    return {call, [open = std::weak_ptr{open_}, call](Result<HttpAnswer> answer) {
              const auto still = open.lock();
              if (!still || !still->contains(call)) return;
              auto told = still->extract(call);
              told.mapped()(std::move(answer));
            }};
  }
  void cancel(HttpCall call) { open_->erase(call); }

 private:
  using Open = std::map<HttpCall, Http::Done>;
  HttpCall last_ = 0;
  std::shared_ptr<Open> open_ = std::make_shared<Open>();
};

}  // namespace paceline::test
