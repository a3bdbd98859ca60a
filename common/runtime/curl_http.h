// The Http port on libcurl's multi interface, inside the loop. A request takes a connection that is
// open, or else a new one of Connector's; both within its own time.
#pragma once

#include <memory>

#include "common/base/metrics.h"
#include "common/ports/http.h"
#include "common/runtime/loop.h"
#include "common/runtime/resolver.h"

namespace paceline {

class CurlHttp final : public Http {
 public:
  /// Connections are kept alive and reused; HTTP/2 where the server offers it. TLS 1.2 or newer,
  /// verified. A connection on which nothing came while a request ran out of time is used no more.
  CurlHttp(Loop& loop, Metrics& metrics, Resolver::Options names = {});
  ~CurlHttp() override;
  CurlHttp(const CurlHttp&) = delete;
  CurlHttp& operator=(const CurlHttp&) = delete;

  HttpCall send(HttpRequest request, Done done) override;
  void cancel(HttpCall call) override;

 private:
  struct Multi;
  std::unique_ptr<Multi> multi_;
};

}  // namespace paceline
