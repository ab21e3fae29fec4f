// SPDX-License-Identifier: Apache-2.0
#include "util/hash.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "util/files.hpp"
#include "util/hmac.hpp"

namespace krepro::util {

namespace {

using Digest = std::array<unsigned char, EVP_MAX_MD_SIZE>;

std::string hex_of(const Digest& digest, unsigned int size) {
    std::string text;
    text.reserve(size * 2ULL);
    for (unsigned int i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
    return text;
}

}  // namespace

struct Sha256::State {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
    EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::add(std::string_view bytes) {
    EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
}

void Sha256::add_field(std::string_view bytes) {
    add(fmt::format("{}:", bytes.size()));
    add(bytes);
}

std::string Sha256::hex() {
    Digest digest{};
    unsigned int size = 0;
    EVP_DigestFinal_ex(state_->context, digest.data(), &size);
    return hex_of(digest, size);
}

std::string hmac_sha256_hex(std::string_view key, std::string_view bytes) {
    Digest digest{};
    unsigned int size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data(), &size);
    return hex_of(digest, size);
}

std::string sha256_hex(std::string_view bytes) {
    Sha256 hash;
    hash.add(bytes);
    return hash.hex();
}

Result<std::string> sha256_file(const std::filesystem::path& path) {
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.valid())
        return fail(ErrorKind::not_found,
                    fmt::format("cannot open: {}", std::generic_category().message(errno)),
                    path.string());
    Sha256 hash;
    std::array<char, 1 << 16> buffer{};
    while (true) {
        const auto n = ::read(fd.get(), buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0)
            return fail(ErrorKind::unavailable,
                        fmt::format("cannot read: {}", std::generic_category().message(errno)),
                        path.string());
        if (n == 0) return hash.hex();
        hash.add({buffer.data(), static_cast<std::size_t>(n)});
    }
}

}  // namespace krepro::util
