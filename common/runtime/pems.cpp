#include "common/runtime/pems.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <string_view>

#include "common/runtime/files.h"

namespace paceline {
namespace {

using Bio = std::unique_ptr<BIO, decltype([](BIO* bio) { BIO_free(bio); })>;
using Certificate = std::unique_ptr<X509, decltype([](X509* x509) { X509_free(x509); })>;
using PrivateKey = std::unique_ptr<EVP_PKEY, decltype([](EVP_PKEY* key) { EVP_PKEY_free(key); })>;

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
  const Bio bytes = memory_of(text);
  int count = 0;
  ERR_clear_error();
  while (next_certificate(bytes.get())) ++count;
  const bool is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (count == 0) return fail(file + ": no certificate (PEM) in it");
  if (!is_end) return fail(fmt::format("{}: its certificate {} cannot be read", file, count + 1));
  return text;
}

Result<std::string> read_pair(const std::string& certificate_file, const std::string& key_file) {
  const std::string certificate_text = TRY(read_file(certificate_file));
  const std::string key_text = TRY(read_file(key_file));
  const Certificate certificate = next_certificate(memory_of(certificate_text).get());
  const PrivateKey key{
      PEM_read_bio_PrivateKey(memory_of(key_text).get(), nullptr, no_password, nullptr)};
  const bool belongs =
      certificate && key && X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  if (!certificate) return fail(certificate_file + ": no certificate (PEM) in it");
  if (!key) return fail(key_file + ": no private key (PEM, without a password) in it");
  if (!belongs) return fail(fmt::format("{}: is not the key of {}", key_file, certificate_file));
  return certificate_text + key_text;
}

}  // namespace

Result<std::string> read_pems(const std::string& ca_file, const std::string& certificate_file,
                              const std::string& key_file) {
  std::string all;
  if (!ca_file.empty()) all = TRY(read_authorities(ca_file));
  if (!certificate_file.empty()) all += TRY(read_pair(certificate_file, key_file));
  return all;
}

}  // namespace paceline
