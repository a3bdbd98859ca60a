// What libFuzzer calls in a program of one target.
//
//   fuzz_NAME --seeds FOLDER     writes the inputs of its corpus there, a file each
//   fuzz_NAME --line FILE        an input as a line for the corpus
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

#include "tests/fuzz/corpus.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace paceline::fuzz;

void write_seeds(const std::string& folder) {
  std::size_t number = 0;
  for (const auto& input : read_corpus(std::string{targets().at(0).name}))
    std::ofstream{fmt::format("{}/seed-{:04}", folder, number++), std::ios::binary} << input;
}

std::string content(const char* file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* count, char*** words) {
  if (*count != 3) return 0;
  const std::string_view option{(*words)[1]};
  if (option != "--seeds" && option != "--line") return 0;
  if (option == "--seeds")
    write_seeds((*words)[2]);
  else
    std::cout << as_line(content((*words)[2])) << '\n';
  std::cout.flush();
  std::_Exit(0);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  targets().front().run({reinterpret_cast<const char*>(data), size});
  return 0;
}
