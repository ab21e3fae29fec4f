// SPDX-License-Identifier: Apache-2.0
#include "http/openapi_document.hpp"

// The assembler takes the file in as it is.
asm(".section .rodata\n"
    ".balign 16\n"
    "krepro_openapi_begin:\n"
    ".incbin \"" KREPRO_OPENAPI
    "\"\n"
    "krepro_openapi_end:\n"
    ".byte 0\n"
    ".global krepro_openapi_begin\n"
    ".global krepro_openapi_end\n"
    ".previous\n");

extern "C" {
extern const char krepro_openapi_begin[];
extern const char krepro_openapi_end[];
}

namespace krepro::http {

std::string_view openapi_document() {
    return {krepro_openapi_begin,
            static_cast<std::size_t>(krepro_openapi_end - krepro_openapi_begin)};
}

}  // namespace krepro::http
