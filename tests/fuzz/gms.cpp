// GMS: the first byte says whether an answer or a question's form.
#include "common/wire/gms.h"

#include <cmath>

#include "tests/fuzz/fuzz.h"

namespace paceline::fuzz {

FUZZ(gms) {
  if (take_choice(input, 2) == 0) {
    const auto answer = decode_gms_answer(input);
    if (!answer) return check_told(answer.error(), input);
    CHECK(!answer->value || std::isfinite(*answer->value));
    std::string text;
    encode_gms_answer(*answer, text);
    const auto back = decode_gms_answer(text);
    CHECK(back.has_value());
    if (answer->message.empty())
      CHECK(back->value == answer->value);  // -0 comes back as 0.
    else
      CHECK(back->message == answer->message && back->exception == answer->exception);
    return;
  }
  const auto question = decode_gms_question(input);
  if (!question) return check_told(question.error(), input);
  for (const char* key : {"metric", "statisticType"}) {
    std::string text;
    encode_gms_question(*question, key, text);
    CHECK(decode_gms_question(text) == *question);
  }
}

}  // namespace paceline::fuzz
