// Where the tree lies, for tests that read what it ships.
#pragma once

#include <string>

namespace paceline::test {

std::string source_folder();

}  // namespace paceline::test
