// One list a message: the fields of a structure stand once, beside it, and everything else walks over that list.
//
//   struct TargetFeedback {
//     std::uint64_t sent = 0;
//     std::int32_t pending = 0;
//
//     static constexpr About about{"feedback", "What became of one target's invitations."};
//     static constexpr auto schema() {
//       return std::tuple{
//           Field{&TargetFeedback::sent, "sent", "invitations", "since the endpoint's epoch"},
//           Field{&TargetFeedback::pending, "pending", "invitations", 0, 2e9, "not yet answered"},
//       };
//     }
//   };
//
// From it come the MessagePack codec with its range checks (codec.h), JSON (json_fields.h), and for people the tables of
// schema_text.h. The order of the list is the order on the wire; it grows at its end only.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/base/cluster_bounds.h"

namespace paceline {

// Bounds that every decoder enforces.
inline constexpr std::size_t max_text_bytes = 64u << 10;
inline constexpr std::size_t max_rows = 1'000'000;
inline constexpr std::size_t max_frame_bytes = 64u << 20;
// Of a message without rows: what electors say, grants, reports, questions.
inline constexpr std::size_t max_small_frame_bytes = 64u << 10;

/// What a structure is called where people see it, and what it is, in one sentence.
struct About {
  const char* name;
  const char* meaning;
};

template <class T>
concept Number = std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;
template <class T>
concept Sized = requires(const T& value) {
  value.size();
};

/// One field: its member, its name as people see it, unit, range and meaning.
///
/// Number: a value outside [least, most], NaN and infinity make the message refused. An integer without a range may be
/// anything its type holds. Where the least is -1, -1 stands for "none" and is null in JSON.
/// Text and list: most is the bound of its length, in bytes or items.
/// A structure without a name ("") is inlined for people: its fields stand among those of its owner.
/// A field that is added() was not sent by the version before this one: where it is missing, it keeps its default.
template <class Owner, class Value>
struct Field {
  Value Owner::*member;
  const char* name;
  const char* unit;  // "" = none
  double least;
  double most;
  const char* meaning;  // One sentence, without its full stop.
  bool is_added = false;

  /// A number with its range.
  constexpr Field(Value Owner::*of, const char* called, const char* in, double from, double to,
                  const char* means) requires Number<Value>
      : member{of}, name{called}, unit{in}, least{from}, most{to}, meaning{means} {}

  /// An integer that may be anything its type holds.
  constexpr Field(Value Owner::*of, const char* called, const char* in,
                  const char* means) requires std::is_integral_v<Value> && Number<Value>
      : Field{of,
              called,
              in,
              static_cast<double>(std::numeric_limits<Value>::min()),
              static_cast<double>(std::numeric_limits<Value>::max()),
              means} {}

  /// A word, yes or no, or a structure; a text or list within the bounds of all.
  constexpr Field(Value Owner::*of, const char* called, const char* means) requires(!Number<Value>)
      : member{of}, name{called}, unit{""}, least{0}, most{longest()}, meaning{means} {}

  /// A text or list with a bound of its own.
  constexpr Field(Value Owner::*of, const char* called, std::size_t longest,
                  const char* means) requires Sized<Value> : Field{of, called, means} {
    most = static_cast<double>(longest);
  }

  constexpr Field added() const {
    Field field = *this;
    field.is_added = true;
    return field;
  }

  /// Whether -1 stands for "none".
  constexpr bool has_none() const { return least == -1; }
  constexpr bool is_inlined() const { return *name == '\0'; }

 private:
  static constexpr double longest() {
    if constexpr (std::is_same_v<Value, std::string>) return max_text_bytes;
    return Sized<Value> ? max_rows : 0;
  }
};

template <class T>
concept Structure = requires {
  T::schema();
};

/// The fields of the structure, made when this is compiled.
template <Structure T>
inline constexpr auto fields_of = T::schema();

/// Calls visit(field) for each field of the structure, in order.
template <Structure T, class Visit>
constexpr void for_each_field(Visit&& visit) {
  std::apply([&](const auto&... field) { (visit(field), ...); }, fields_of<T>);
}

template <Structure T>
constexpr std::size_t field_count = std::tuple_size_v<decltype(T::schema())>;

/// Whether the number is within its field's range.
template <class Owner, Number Value>
constexpr bool in_range(const Field<Owner, Value>& field, Value value) {
  const auto number = static_cast<double>(value);
  return number >= field.least && number <= field.most;  // False for NaN.
}

// ---- Words: an enumeration as people see it

/// An enumerator's name and what it means; the meaning may be empty where the name says it.
struct Word {
  const char* name;
  const char* meaning;
};

/// The words of an enumeration, by value from 0; empty for one that has none.
template <class Enum>
inline constexpr std::array<Word, 0> words_of{};

template <class Enum>
concept Worded = std::is_enum_v<Enum> &&(words_of<Enum>.size() > 0);

/// "unknown" for a value that has no word: the codec lets none in.
template <Worded Enum>
constexpr const char* to_string(Enum value) {
  const auto at = static_cast<std::size_t>(value);
  return at < words_of<Enum>.size() ? words_of<Enum>[at].name : "unknown";
}

/// How many of each word there are.
template <Worded Enum>
struct Counts {
  std::array<std::uint64_t, words_of<Enum>.size()> by_word{};

  static constexpr std::span<const Word> words() { return words_of<Enum>; }
  bool operator==(const Counts&) const = default;
};

// ---- Checks at compile time, stated beside each structure and enumeration

namespace detail {

struct Anything {
  template <class T>
  operator T() const;
};

template <class T, std::size_t... at>
constexpr bool takes(std::index_sequence<at...>) {
  return requires {
    T{(static_cast<void>(at), Anything{})...};
  };
}

/// The enumerator's name as the compiler spells it, or "(Enum)7" if there is none of that value.
template <auto value>
consteval std::string_view enumerator() {
  std::string_view text = __PRETTY_FUNCTION__;
  text.remove_prefix(text.find("value = ") + 8);
  return text.substr(0, text.find_first_of(";]"));
}

template <class Enum, std::size_t... at>
consteval bool words_match(std::index_sequence<at...>) {
  const auto same = [](std::string_view spelled, std::string_view word) {
    return spelled.size() > word.size() && spelled.ends_with(word) &&
           spelled[spelled.size() - word.size() - 1] == ':';
  };
  return (same(enumerator<static_cast<Enum>(at)>(), words_of<Enum>[at].name) && ...) &&
         enumerator<static_cast<Enum>(sizeof...(at))>().starts_with('(');
}

}  // namespace detail

/// Whether the list names as many fields as the structure has members.
template <Structure T>
constexpr bool lists_every_member() {
  return detail::takes<T>(std::make_index_sequence<field_count<T>>{}) &&
         !detail::takes<T>(std::make_index_sequence<field_count<T> + 1>{});
}

/// Whether every enumerator has its word, in order and of its own name.
template <Worded Enum>
consteval bool words_match() {
  return detail::words_match<Enum>(std::make_index_sequence<words_of<Enum>.size()>{});
}

}  // namespace paceline
