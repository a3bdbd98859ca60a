// JSON text back into the structure that it was written from, by the same schema as json_fields.h writes it.
//
//   Result<StatusAnswer> status = json_read<StatusAnswer>(body);
//
// Any bytes give a value or an error that names the member: "nodes[1].tier = 300: not in [0, 255]".
#pragma once

#include <string_view>

#include "common/base/result.h"
#include "common/wire/schema.h"

namespace paceline {

/// Of the structures of answers.h and past_answers.h, and of an explanation. Members that the schema does not have are passed over: a newer process wrote them.
/// What may be absent (an optional, a number that may be "none", a field that is added(), the count of a word) is so if its member is null or missing.
///   errors   bad_value: not JSON; another member is null or missing, of another type, no word, or out of its range
///            too_large: a text or list beyond its bound
template <Structure T>
Result<T> json_read(std::string_view text);

}  // namespace paceline
