#include "services/watch/adapter_host.h"

#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "common/base/ascii.h"
#include "common/runtime/pems.h"

namespace paceline::watch {
std::string name_of_host() {
  char name[256] = "";
  if (gethostname(name, sizeof name - 1) != 0) return "";
  return ascii_lower(std::string_view{name});
}

Starter starter_of_this_process() {
  const auto value = [](const char* name) -> std::string_view {
    const char* found = std::getenv(name);
    return found == nullptr ? "" : found;
  };
  return starter_of(value("SUPERVISOR_SERVER_URL"), value("INVOCATION_ID"));
}

std::vector<std::string> names_of_certificate(std::string_view pem) {
  std::vector<std::string> names;
  const Certificate certificate = first_certificate(pem);
  if (!certificate) return names;
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> all{
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free};
  for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()); ++i) {
    int type = 0;
    const auto* text = static_cast<const ASN1_STRING*>(
        GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(all.get(), i), &type));
    if (type != GEN_DNS) continue;
    const auto* data = reinterpret_cast<const char*>(ASN1_STRING_get0_data(text));
    names.push_back(
        ascii_lower(std::string_view{data, static_cast<std::size_t>(ASN1_STRING_length(text))}));
  }
  return names;
}

}  // namespace paceline::watch
