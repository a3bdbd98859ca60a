#include "services/watch/adapter_host.h"

#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <system_error>

namespace paceline::watch {
namespace {

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return text;
}

// Of the bits that let a group or everybody in, those that all folders above have.
mode_t let_in_above(const std::string& file) {
  mode_t let_in = S_IXGRP | S_IXOTH;
  std::error_code error;
  for (auto folder = std::filesystem::canonical(file, error).parent_path(); !error;
       folder = folder.parent_path()) {
    struct stat about {};
    if (stat(folder.c_str(), &about) == 0) let_in &= about.st_mode;
    if (folder == folder.root_path()) break;
  }
  return let_in;
}

}  // namespace

std::string name_of_host() {
  char name[256] = "";
  if (gethostname(name, sizeof name - 1) != 0) return "";
  return lower(name);
}

std::vector<std::string> names_of_certificate(std::string_view pem) {
  std::vector<std::string> names;
  const std::unique_ptr<BIO, decltype(&BIO_free)> bytes{
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free};
  if (!bytes) return names;
  const std::unique_ptr<X509, decltype(&X509_free)> certificate{
      PEM_read_bio_X509(bytes.get(), nullptr, nullptr, nullptr), &X509_free};
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
    names.push_back(lower({data, static_cast<std::size_t>(ASN1_STRING_length(text))}));
  }
  return names;
}

std::optional<std::string> exposure_of(const std::string& file, std::string_view what) {
  struct stat about {};
  if (stat(file.c_str(), &about) != 0) return std::nullopt;
  const mode_t let_in = let_in_above(file);
  const auto may = [&](mode_t what_for, mode_t way) {
    return (about.st_mode & what_for) != 0 && (let_in & way) != 0;
  };
  const bool is_read = may(S_IROTH, S_IXOTH);
  const bool is_changed = may(S_IWGRP, S_IXGRP) || may(S_IWOTH, S_IXOTH);
  if (!is_read && !is_changed) return std::nullopt;
  return fmt::format(
      "{}, {}, has mode {:04o}: {}; chmod g-w,o-rwx {}", file, what, about.st_mode & 07777u,
      is_read ? "everybody on this host may read it" : "others than its owner may change it", file);
}

}  // namespace paceline::watch
