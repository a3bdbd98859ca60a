// Gives a target every input of its corpus, and then some that are like them: what the tests do of fuzzing, where the
// programs of libFuzzer would cost too much to compile.
//
//   fuzz_mutate NAME COUNT [SEED]       COUNT inputs made from those of the corpus
//   fuzz_mutate NAME FILE               only the input in that file
//
// The input under way always stands in NAME.input beside the program, also when the program dies of it.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>

#include "common/base/random.h"
#include "tests/fuzz/corpus.h"
#include "tests/fuzz/fuzz.h"

namespace paceline::fuzz {
namespace {

constexpr std::size_t longest = 16'384;  // [bytes]

// The input under way, in a file that stays when the process dies.
class UnderWay {
 public:
  explicit UnderWay(std::string file) : file_{std::move(file)} {
    const int descriptor = ::open(file_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (descriptor < 0) throw std::runtime_error(file_ + ": cannot be written");
    descriptor_ = descriptor;
  }
  ~UnderWay() { ::close(descriptor_); }
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;

  void is(std::string_view input) const {
    const auto size = static_cast<::off_t>(input.size());
    if (::pwrite(descriptor_, input.data(), input.size(), 0) != size ||
        ::ftruncate(descriptor_, size) != 0)
      throw std::runtime_error(file_ + ": cannot be written");
  }
  void over() const { ::unlink(file_.c_str()); }
  const std::string& file() const { return file_; }

 private:
  std::string file_;
  int descriptor_ = -1;
};

// On the heap and of its exact length, so that a byte read beyond it is seen.
void run(const Target& target, std::string_view input) {
  const auto copy = std::make_unique<char[]>(input.size());
  std::copy(input.begin(), input.end(), copy.get());
  target.run({copy.get(), input.size()});
}

class Mutator {
 public:
  Mutator(const std::vector<std::string>& corpus, std::uint64_t seed)
      : corpus_{corpus}, chance_{seed} {}

  std::string next() {
    std::string input = any();
    for (auto steps = 1 + below(6); steps > 0; --steps) change(input);
    if (input.size() > longest) input.resize(longest);
    return input;
  }

 private:
  std::size_t below(std::size_t bound) { return chance_.bits() % bound; }
  const std::string& any() { return corpus_[below(corpus_.size())]; }
  std::string piece(const std::string& of) {
    const auto at = below(of.size() + 1);
    return of.substr(at, below(std::min<std::size_t>(of.size() - at, 64) + 1));
  }

  void change(std::string& input) {
    constexpr std::array<std::string_view, 16> words{"0",
                                                     "-1",
                                                     "1e400",
                                                     "9223372036854775808",
                                                     "18446744073709551616",
                                                     "0.5",
                                                     "null",
                                                     "[]",
                                                     "{}",
                                                     "\"\"",
                                                     "\\ud800",
                                                     "\xff",
                                                     "\n",
                                                     "true",
                                                     "\xf0\x9f\x98\x80",
                                                     "1e-320"};
    const auto at = below(input.size() + 1);
    const auto rest = input.size() - at;
    switch (below(8)) {
      case 0:
        if (rest > 0) input[at] = static_cast<char>(input[at] ^ 1 << below(8));
        return;
      case 1:
        if (rest > 0) input[at] = static_cast<char>(below(256));
        return;
      case 2:
        input.insert(at, 1, static_cast<char>(below(256)));
        return;
      case 3:
        input.erase(at, below(std::min<std::size_t>(rest, 32) + 1));
        return;
      case 4:
        input.insert(at, piece(any()));
        return;
      case 5:
        input.insert(at, words[below(words.size())]);
        return;
      case 6:
        return replace_number(input, at, words[below(6)]);
      default:
        input = input.substr(0, at) + any().substr(0, below(512));
    }
  }

  static void replace_number(std::string& input, std::size_t from, std::string_view by) {
    constexpr std::string_view digits = "0123456789.";
    const auto begin = input.find_first_of(digits, from);
    if (begin == input.npos) return;
    const auto end = std::min(input.find_first_not_of(digits, begin), input.size());
    input.replace(begin, end - begin, by);
  }

  const std::vector<std::string>& corpus_;
  SplitMix64 chance_;
};

template <class Number>
bool is_number(std::string_view text, Number& number) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc{} && read.ptr == text.data() + text.size();
}

int run_words(int count, char** words) {
  std::uint64_t mutations = 0;
  std::uint64_t seed = std::random_device{}();
  const auto target =
      std::ranges::find(targets(), std::string_view{count > 1 ? words[1] : ""}, &Target::name);
  if (count < 3 || count > 4 || target == targets().end() ||
      (count == 4 && !is_number(words[3], seed))) {
    std::fputs("usage: fuzz_mutate NAME COUNT [SEED]  or  fuzz_mutate NAME FILE\n", stderr);
    return 2;
  }
  if (!is_number(words[2], mutations)) {
    std::ifstream in{words[2], std::ios::binary};
    if (!in) throw std::runtime_error(std::string{words[2]} + ": cannot be read");
    run(*target, std::string{std::istreambuf_iterator<char>{in}, {}});
    return 0;
  }
  auto corpus = read_corpus(std::string{target->name});
  corpus.emplace_back();
  const UnderWay under_way{fmt::format("{}.{}.input", words[0], target->name)};
  fmt::print("{}: {} inputs, then {} from seed {}; if one kills it: {} {} {}\n", target->name,
             corpus.size(), mutations, seed, words[0], target->name, under_way.file());
  std::fflush(stdout);
  const auto give = [&](std::string_view input) {
    under_way.is(input);
    run(*target, input);
  };
  for (const auto& input : corpus) give(input);
  Mutator mutator{corpus, seed};
  for (std::uint64_t i = 0; i < mutations; ++i) give(mutator.next());
  under_way.over();
  return 0;
}

}  // namespace
}  // namespace paceline::fuzz

int main(int count, char** words) {
  try {
    return paceline::fuzz::run_words(count, words);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
