// publisher: tells the engagement endpoint what may be offered, while its elector grants it. Reads
// channels `pace` and `grant`, writes `feedback` and `publication`.
#include "common/runtime/curl_http.h"
#include "common/runtime/serve.h"
#include "services/publisher/adapter_place.h"
#include "services/publisher/service.h"

int main(int argc, char** argv) {
  return paceline::serve<paceline::PublisherConfig>(
      "publisher", argc, argv, paceline::read_publisher_place,
      [](const paceline::PublisherConfig& config, paceline::World& world, paceline::Loop& loop) {
        paceline::CurlHttp http{loop, world.metrics};
        paceline::Publisher publisher{config, world, http};
        loop.on_stop([&] { publisher.stop([&] { loop.stop(); }); });
        loop.run();
      });
}
