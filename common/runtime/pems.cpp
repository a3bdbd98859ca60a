#include "common/runtime/pems.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "common/runtime/files.h"

namespace paceline {
namespace {

using Bio = std::unique_ptr<BIO, decltype([](BIO* bio) { BIO_free(bio); })>;
using PrivateKey = std::unique_ptr<EVP_PKEY, decltype([](EVP_PKEY* key) { EVP_PKEY_free(key); })>;

constexpr const char* no_certificate = "no certificate (PEM) in it";

Bio memory_of(std::string_view pem) {
  return Bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
}

// Nobody is there to be asked for one.
int no_password(char* /*buffer*/, int /*size*/, int /*for_writing*/, void* /*context*/) {
  return -1;
}

Certificate next_certificate(BIO* bytes) {
  return Certificate{PEM_read_bio_X509(bytes, nullptr, no_password, nullptr)};
}

Result<std::string> read_authorities(const std::string& file) {
  std::string text = TRY(read_file(file));
  if (const auto all = certificates_in(text); !all) return fail(file + ": " + all.error().detail);
  return text;
}

Result<std::string> read_pair(const std::string& certificate_file, const std::string& key_file) {
  const std::string certificate_text = TRY(read_file(certificate_file));
  const std::string key_text = TRY(read_file(key_file));
  const Certificate certificate = first_certificate(certificate_text);
  if (!certificate) return fail(fmt::format("{}: {}", certificate_file, no_certificate));
  const auto belongs = is_key_of(certificate, key_text);
  if (!belongs) return fail(key_file + ": " + belongs.error().detail);
  if (!*belongs) return fail(fmt::format("{}: is not the key of {}", key_file, certificate_file));
  return certificate_text + key_text;
}

}  // namespace

Certificate first_certificate(std::string_view pem) {
  Certificate certificate = next_certificate(memory_of(pem).get());
  ERR_clear_error();
  return certificate;
}

Result<std::vector<Certificate>> certificates_in(std::string_view pem) {
  const Bio bytes = memory_of(pem);
  std::vector<Certificate> all;
  ERR_clear_error();
  while (Certificate one = next_certificate(bytes.get())) all.push_back(std::move(one));
  const bool is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (all.empty()) return fail(no_certificate);
  if (!is_end) return fail(fmt::format("its certificate {} cannot be read", all.size() + 1));
  return all;
}

Result<bool> is_key_of(const Certificate& certificate, std::string_view key_pem) {
  const PrivateKey key{
      PEM_read_bio_PrivateKey(memory_of(key_pem).get(), nullptr, no_password, nullptr)};
  const bool belongs = key && X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  if (!key) return fail("no private key (PEM, without a password) in it");
  return belongs;
}

Result<std::string> read_pems(const std::string& ca_file, const std::string& certificate_file,
                              const std::string& key_file) {
  std::string all;
  if (!ca_file.empty()) all = TRY(read_authorities(ca_file));
  if (!certificate_file.empty()) all += TRY(read_pair(certificate_file, key_file));
  return all;
}

}  // namespace paceline
