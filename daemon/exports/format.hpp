// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "exports/evidence.hpp"
#include "util/result.hpp"

namespace krepro::exports {

enum class Format {
    junit,     // JUnit XML, as CI servers read it
    ktap,      // Kernel Test Anything Protocol, version 1
    kcidb,     // KernelCI's I/O schema 5.3
    sarif,     // SARIF 2.1.0: reports with their stacks
    reply,     // a mail that answers the patch's mail; nothing is ever sent
    markdown,  // a CI's summary page
};

}  // namespace krepro::exports

template <>
struct krepro::model::EnumNames<krepro::exports::Format> {
    using Format = exports::Format;
    static constexpr std::array k_names{
        std::pair{Format::junit, "junit"}, std::pair{Format::ktap, "ktap"},
        std::pair{Format::kcidb, "kcidb"}, std::pair{Format::sarif, "sarif"},
        std::pair{Format::reply, "reply"}, std::pair{Format::markdown, "markdown"}};
};

namespace krepro::exports {

[[nodiscard]] std::string media_type(Format format);
// "krepro-job-7.xml"
[[nodiscard]] std::string file_name(Format format, const model::Job& job);

// The document. `conflict` when the job has no verdict yet.
util::Result<std::string> write(Format format, const Evidence& evidence, const Maker& maker);

// One a format; the job has its verdict.
std::string write_junit(const Evidence& evidence, const Maker& maker);
std::string write_ktap(const Evidence& evidence, const Maker& maker);
std::string write_kcidb(const Evidence& evidence, const Maker& maker);
std::string write_sarif(const Evidence& evidence, const Maker& maker);
std::string write_reply(const Evidence& evidence, const Maker& maker);
std::string write_markdown(const Evidence& evidence, const Maker& maker);

}  // namespace krepro::exports
