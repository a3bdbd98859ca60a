#include "common/wire/json_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <simdjson.h>

#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "common/wire/answers.h"
#include "common/wire/control.h"
#include "common/wire/past_answers.h"

namespace paceline {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t longest_shown = 60;

// What is wrong with a text; caught in json_read() below, never seen outside this file.
struct WrongText {
  Errc code;
  std::string why;
};

// The members of one object. They mostly come in the order in which they are asked for, so each is sought from behind
// the one before.
class Members {
 public:
  explicit Members(dom::object object) : object_{object}, next_{object.begin()} {}

  /// Nothing for null too.
  std::optional<dom::element> find(std::string_view name) {
    for (auto at = next_; at != object_.end(); ++at)
      if (at.key() == name) {
        next_ = at;
        ++next_;
        return value(at.value());
      }
    dom::element found;
    if (object_[name].get(found)) return std::nullopt;
    return value(found);
  }

 private:
  static std::optional<dom::element> value(dom::element found) {
    return found.is_null() ? std::nullopt : std::optional{found};
  }

  dom::object object_;
  dom::object::iterator next_;
};

class Reader {
 public:
  template <class Value>
  void operator()(dom::element from, Value& into) {
    if constexpr (Structure<Value>) {
      Members members{object(from)};
      fields(members, into);
    } else if constexpr (Worded<Value>) {
      word(from, into);
    } else if constexpr (std::is_same_v<Value, bool>) {
      if (from.get(into)) wrong(from, "not true or false");
    } else if constexpr (Number<Value>) {
      number(from, into);
    } else if constexpr (std::is_same_v<Value, std::string>) {
      std::string_view text;
      if (from.get(text)) wrong(from, "not a text");
      into = text;
    } else if constexpr (requires { into.by_word; }) {
      Members members{object(from)};
      for (std::size_t i = 0; i < into.by_word.size(); ++i)
        member(members, into.words()[i].name, into.by_word[i] = 0, true, [] {});
    } else if constexpr (requires { into.has_value(); }) {
      (*this)(from, into.emplace());
    } else if constexpr (std::is_same_v<Value, HistoryCell>) {
      cell(from, into);
    } else {
      list(from, into);
    }
  }

 private:
  template <Structure T>
  void fields(Members& members, T& into) {
    for_each_field<T>([&](const auto& field) {
      auto& value = into.*field.member;
      using Value = std::decay_t<decltype(value)>;
      if constexpr (Structure<Value>)
        if (field.is_inlined()) return fields(members, value);
      if constexpr (Number<Value>) value = static_cast<Value>(field.has_none() ? -1 : 0);
      const bool may_lack = [&] {
        if constexpr (Number<Value>) return field.has_none();
        return requires {
          value.has_value();
        };
      }();
      if (field.is_added) value = T{}.*field.member;
      member(members, field.name, value, may_lack || field.is_added, [&] { check(field, value); });
    });
  }

  template <class Value>
  void member(Members& members, std::string_view name, Value& into, bool may_lack, auto check) {
    const std::size_t before = where_.size();
    where_ += (before == 0 ? "" : ".") + std::string{name};
    if (const auto found = members.find(name)) {
      (*this)(*found, into);
      check();
    } else if (!may_lack) {
      throw WrongText{Errc::bad_value, where_ + ": missing"};
    }
    where_.resize(before);
  }

  // What a field's schema allows, and no more.
  template <class Owner, class Value>
  void check(const Field<Owner, Value>& field, const Value& value) const {
    if constexpr (Number<Value>) {
      if (!in_range(field, value))
        throw WrongText{Errc::bad_value, fmt::format("{} = {}: not in [{}, {}]", where_, value,
                                                     field.least, field.most)};
    } else if constexpr (Sized<Value>) {
      if (static_cast<double>(value.size()) > field.most)
        throw WrongText{Errc::too_large,
                        fmt::format("{}: {} long, at most {}", where_, value.size(), field.most)};
    }
  }

  template <Worded Enum>
  void word(dom::element from, Enum& into) const {
    std::string_view text;
    std::vector<std::string_view> known;
    if (!from.get(text))
      for (const Word& word : words_of<Enum>) {
        if (text == word.name) {
          into = static_cast<Enum>(known.size());
          return;
        }
        known.push_back(word.name);
      }
    wrong(from, known.empty() ? "not a text" : fmt::format("not {}", fmt::join(known, ", ")));
  }

  template <Number Value>
  void number(dom::element from, Value& into) const {
    if constexpr (std::is_floating_point_v<Value>) {
      if (from.get(into)) wrong(from, "not a number");
    } else {
      std::int64_t any = 0;
      std::uint64_t large = 0;  // What no signed number holds.
      if (!from.get(any) && std::in_range<Value>(any))
        into = static_cast<Value>(any);
      else if (!from.get(large) && std::in_range<Value>(large))
        into = static_cast<Value>(large);
      else
        wrong(from, fmt::format("not a whole number in [{}, {}]", std::numeric_limits<Value>::min(),
                                std::numeric_limits<Value>::max()));
    }
  }

  void cell(dom::element from, HistoryCell& into) const {
    std::string_view text;
    std::int64_t whole = 0;
    double real = 0;
    if (from.is_null())
      into = std::monostate{};
    else if (!from.get(text))
      into = std::string{text};
    else if (!from.get(whole))
      into = whole;
    else if (!from.get(real))
      into = real;
    else
      wrong(from, "not a word or number");
  }

  template <class Item>
  void list(dom::element from, std::vector<Item>& into) {
    dom::array array;
    if (from.get(array)) wrong(from, "not a list");
    into.clear();
    into.reserve(array.size());
    const std::size_t before = where_.size();
    for (const dom::element each : array) {
      where_ += fmt::format("[{}]", into.size());
      (*this)(each, into.emplace_back());
      where_.resize(before);
    }
  }

  dom::object object(dom::element from) const {
    dom::object object;
    if (from.get(object)) wrong(from, "not an object");
    return object;
  }

  [[noreturn]] void wrong(dom::element from, std::string_view why) const {
    const std::string shown = simdjson::minify(from);
    const std::string cut = shown.size() > longest_shown ? "..." : "";
    throw WrongText{Errc::bad_value,
                    fmt::format("{}{}{}{}: {}", where_, where_.empty() ? "" : " = ",
                                shown.substr(0, longest_shown), cut, why)};
  }

  std::string where_;  // The member that is being read: "nodes[1].tier".
};

}  // namespace

template <Structure T>
Result<T> json_read(std::string_view text) {
  dom::parser parser;
  dom::element root;
  if (const auto error = parser.parse(simdjson::padded_string{text}).get(root))
    return fail(std::string{"not JSON: "} + simdjson::error_message(error));
  try {
    T value;
    Reader{}(root, value);
    return value;
  } catch (const WrongText& wrong) {
    return fail(wrong.code, wrong.why);
  }
}

#define PACELINE_ANSWER(Answer) template Result<Answer> json_read<Answer>(std::string_view);

PACELINE_ANSWER(StatusAnswer)
PACELINE_ANSWER(TargetsAnswer)
PACELINE_ANSWER(TargetAnswer)
PACELINE_ANSWER(ReadinessAnswer)
PACELINE_ANSWER(ProblemAnswer)
PACELINE_ANSWER(EventsAnswer)
PACELINE_ANSWER(HistoryAnswer)
PACELINE_ANSWER(ComplianceAnswer)
PACELINE_ANSWER(Explanation)

}  // namespace paceline
