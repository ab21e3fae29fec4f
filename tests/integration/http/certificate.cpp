// SPDX-License-Identifier: Apache-2.0
#include "integration/http/certificate.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

namespace krepro::http {

namespace {

void require(bool worked, const char* what) {
    if (!worked) throw std::runtime_error(std::string("no certificate: ") + what);
}

template <class T, void (*Free)(T*)>
struct Freed {
    void operator()(T* object) const { Free(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509, X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION, X509_EXTENSION_free>>;

void name_it(X509* certificate) {
    auto* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    const Extension names(
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1"));
    require(names && X509_add_ext(certificate, names.get(), -1) == 1, "names");
}

template <class F>
void write(const std::filesystem::path& file, F pem) {
    std::unique_ptr<FILE, int (*)(FILE*)> out(std::fopen(file.c_str(), "w"), std::fclose);
    require(out && pem(out.get()) == 1, "file");
}

}  // namespace

CertificateFiles make_certificate(const std::filesystem::path& folder, const std::string& name) {
    const Key key(EVP_EC_gen("P-256"));
    const Certificate certificate(X509_new());
    require(key && certificate, "key");
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    name_it(certificate.get());
    require(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0, "signature");
    const CertificateFiles files{folder / (name + ".crt"), folder / (name + ".key")};
    write(files.certificate, [&](FILE* out) { return PEM_write_X509(out, certificate.get()); });
    write(files.key, [&](FILE* out) {
        return PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
    return files;
}

}  // namespace krepro::http
