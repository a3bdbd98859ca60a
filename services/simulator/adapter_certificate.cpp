#include "services/simulator/adapter_certificate.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>
#include <system_error>

#include "common/runtime/files.h"

namespace paceline::simulator {
namespace {

template <auto release>
struct Release {
  template <class T>
  void operator()(T* owned) const {
    release(owned);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Release<X509_free>>;
using Memory = std::unique_ptr<BIO, Release<BIO_free_all>>;

void need(bool good, const char* what) {
  if (!good) throw std::runtime_error{std::string{"certificate: OpenSSL failed: "} + what};
}

std::string content(BIO* memory) {
  const char* text = nullptr;
  const long length = BIO_get_mem_data(memory, &text);
  return {text, static_cast<std::size_t>(length)};
}

std::string pem_of(X509* certificate) {
  Memory memory{BIO_new(BIO_s_mem())};
  need(PEM_write_bio_X509(memory.get(), certificate) == 1, "write certificate");
  return content(memory.get());
}

std::string pem_of(EVP_PKEY* key) {
  Memory memory{BIO_new(BIO_s_mem())};
  need(PEM_write_bio_PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
       "write key");
  return content(memory.get());
}

void add_extension(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
  need(extension != nullptr, value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Certificate new_certificate(EVP_PKEY* key, const char* name, X509_NAME* issuer,
                            long until_s = 30L * 86400) {
  Certificate certificate{X509_new()};
  X509_set_version(certificate.get(), 2);
  std::uint64_t serial = 0;
  need(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "random");
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial >> 1 | 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -7200);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), until_s);
  X509_NAME* own = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(own, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name),
                             -1, -1, 0);
  X509_set_issuer_name(certificate.get(), issuer ? issuer : own);
  need(X509_set_pubkey(certificate.get(), key) == 1, "public key");
  return certificate;
}

struct Authority {
  Key key{EVP_EC_gen("P-256")};
  Certificate certificate;

  Authority() {
    need(key != nullptr, "keys");
    certificate = new_certificate(key.get(), "Paceline simulator authority", nullptr);
    add_extension(certificate.get(), certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate.get(), certificate.get(), NID_key_usage,
                  "critical,keyCertSign,cRLSign");
    add_extension(certificate.get(), certificate.get(), NID_subject_key_identifier, "hash");
    need(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0, "sign");
  }

  std::string server(EVP_PKEY* of, const char* name, const char* alternatives,
                     long until_s = 30L * 86400) const {
    const Certificate own =
        new_certificate(of, name, X509_get_subject_name(certificate.get()), until_s);
    add_extension(own.get(), certificate.get(), NID_basic_constraints, "critical,CA:FALSE");
    add_extension(own.get(), certificate.get(), NID_key_usage, "critical,digitalSignature");
    add_extension(own.get(), certificate.get(), NID_ext_key_usage, "serverAuth");
    add_extension(own.get(), certificate.get(), NID_subject_alt_name, alternatives);
    add_extension(own.get(), certificate.get(), NID_authority_key_identifier, "keyid");
    need(X509_sign(own.get(), key.get(), EVP_sha256()) > 0, "sign");
    return pem_of(own.get());
  }
};

// True if the certificate is good for another day.
bool lasts(const std::string& pem) {
  const Memory memory{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  const Certificate certificate{PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr)};
  if (!certificate) return false;
  time_t tomorrow = time(nullptr) + 86400;
  return X509_cmp_time(X509_get0_notAfter(certificate.get()), &tomorrow) > 0;
}

bool is_for(const std::string& pem, const std::string& address) {
  const Memory memory{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  const Certificate certificate{PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr)};
  return certificate && X509_check_ip_asc(certificate.get(), address.c_str(), 0) == 1;
}

void store(const std::string& path, const std::string& content, unsigned mode) {
  if (const auto written = write_file_atomically(path, content, mode); !written)
    throw std::system_error{EIO, std::generic_category(), written.error().detail};
}

}  // namespace

Certificates make_certificates(const std::string& dir, const std::string& address) {
  Certificates made{.ca_file = dir + "/ca.pem",
                    .certificate_pem = {},
                    .key_pem = {},
                    .expired_pem = {},
                    .other_pem = {},
                    .foreign_pem = {}};
  const auto ca = read_file(made.ca_file);
  const auto server = read_file(dir + "/server.pem");
  const auto server_key = read_file(dir + "/server-key.pem");
  const auto expired = read_file(dir + "/server-expired.pem");
  const auto other = read_file(dir + "/server-other.pem");
  const auto foreign = read_file(dir + "/server-foreign.pem");
  if (ca && server && server_key && expired && other && foreign && lasts(*ca) && lasts(*server) &&
      is_for(*server, address)) {
    made.certificate_pem = *server;
    made.key_pem = *server_key;
    made.expired_pem = *expired;
    made.other_pem = *other;
    made.foreign_pem = *foreign;
    return made;
  }

  const std::string all = "DNS:localhost,IP:127.0.0.1,IP:" + address;
  const Key key{EVP_EC_gen("P-256")};
  need(key != nullptr, "keys");
  const Authority authority;
  const Authority nobody;
  made.certificate_pem = authority.server(key.get(), "localhost", all.c_str());
  made.expired_pem = authority.server(key.get(), "localhost", all.c_str(), -3600);
  made.other_pem = authority.server(key.get(), "other.invalid", "DNS:other.invalid");
  made.foreign_pem = nobody.server(key.get(), "localhost", all.c_str());
  made.key_pem = pem_of(key.get());
  store(dir + "/server-key.pem", made.key_pem, 0600);
  store(dir + "/server.pem", made.certificate_pem, 0644);
  store(dir + "/server-expired.pem", made.expired_pem, 0644);
  store(dir + "/server-other.pem", made.other_pem, 0644);
  store(dir + "/server-foreign.pem", made.foreign_pem, 0644);
  store(made.ca_file, pem_of(authority.certificate.get()), 0644);
  return made;
}

}  // namespace paceline::simulator
