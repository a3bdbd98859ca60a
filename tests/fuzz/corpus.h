// A corpus is a text file: an input a line, in which what is not printable, and the backslash, is written \n, \t, \\ or
// \xHH. Lines that begin with # are for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace paceline::fuzz {

/// The inputs of tests/fuzz/corpus/NAME.txt.
///   errors   throws std::runtime_error: no such file, or an escape that is none, with file and line
std::vector<std::string> read_corpus(const std::string& name);

/// An input as a corpus has it.
std::string as_line(std::string_view input);

}  // namespace paceline::fuzz
