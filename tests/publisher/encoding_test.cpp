#include "services/publisher/encoding.h"

#include "tests/support/catch.h"

namespace paceline::test {
using namespace publisher;

TEST_CASE("gzip is used until it is excluded, zstd once it is named", "[publisher]") {
  const auto [announced, chosen] =
      GENERATE(table<std::string, Encoding>({{"", Encoding::gzip},
                                             {"gzip, zstd", Encoding::zstd},
                                             {"GZIP;q=1.0 , ZStd;q=0.5", Encoding::zstd},
                                             {"zstd;q=0, gzip", Encoding::gzip},
                                             {"zstd; q=0.000,gzip;q=0.0", Encoding::identity},
                                             {"identity", Encoding::identity},
                                             {"br", Encoding::identity},
                                             {"*", Encoding::gzip},
                                             {",,;;q=,", Encoding::identity},
                                             {"zstd", Encoding::zstd}}));
  CAPTURE(announced);
  Encodings encodings{{}};

  encodings.learn(announced);

  CHECK(encodings.choose() == chosen);
}

TEST_CASE("an encoding that was refused rests until another term", "[publisher]") {
  Encodings encodings{{}};
  encodings.learn("gzip, zstd");

  encodings.exclude(Encoding::zstd);
  encodings.learn("gzip, zstd");
  CHECK(encodings.choose() == Encoding::gzip);
  encodings.exclude(Encoding::gzip);
  CHECK(encodings.choose() == Encoding::identity);
  encodings.reset();
  CHECK(encodings.choose() == Encoding::zstd);

  Encodings unwilling{{.gzip = false, .zstd = false}};
  unwilling.learn("gzip, zstd");
  CHECK(unwilling.choose() == Encoding::identity);
}

}  // namespace paceline::test
