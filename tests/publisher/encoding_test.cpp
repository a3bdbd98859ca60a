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
                                             {"x-gzip", Encoding::gzip},
                                             {"gzip;x=0", Encoding::gzip},
                                             {"gzip;q=", Encoding::gzip},
                                             {"gzip;\tq=0", Encoding::identity},
                                             {"gzip;q=0.001", Encoding::gzip},
                                             {"\t br\t ,\t zstd\t ", Encoding::zstd},
                                             {" \t", Encoding::gzip},
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

TEST_CASE("an endpoint that says nothing goes on with what it said", "[publisher]") {
  Encodings encodings{{}};
  encodings.learn("zstd");

  encodings.learn("");
  encodings.learn(" ");

  CHECK(encodings.choose() == Encoding::zstd);
  encodings.learn("gzip");
  CHECK(encodings.choose() == Encoding::gzip);
}

TEST_CASE("only what is wanted is used, under its name", "[publisher]") {
  Encodings no_zstd{{.zstd = false}};
  Encodings no_gzip{{.gzip = false}};
  no_zstd.learn("gzip, zstd");
  no_gzip.learn("gzip, zstd");

  CHECK(no_zstd.choose() == Encoding::gzip);
  CHECK(no_gzip.choose() == Encoding::zstd);
  no_gzip.exclude(Encoding::zstd);
  CHECK(no_gzip.choose() == Encoding::identity);
  CHECK(std::string{to_string(Encoding::identity)} == "identity");
  CHECK(std::string{to_string(Encoding::gzip)} == "gzip");
  CHECK(std::string{to_string(Encoding::zstd)} == "zstd");
}

}  // namespace paceline::test
