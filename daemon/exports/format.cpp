// SPDX-License-Identifier: Apache-2.0
#include "exports/format.hpp"

#include <fmt/format.h>

#include <array>

namespace krepro::exports {

namespace {

struct Row {
    Format format;
    std::string_view media_type;
    std::string_view extension;
    std::string (*write)(const Evidence&, const Maker&);
};

constexpr std::array k_rows{
    Row{Format::junit, "application/xml", "xml", write_junit},
    Row{Format::ktap, "text/plain; charset=utf-8", "ktap", write_ktap},
    Row{Format::kcidb, "application/json", "kcidb.json", write_kcidb},
    Row{Format::sarif, "application/sarif+json", "sarif", write_sarif},
    Row{Format::reply, "text/plain; charset=utf-8", "eml", write_reply},
    Row{Format::markdown, "text/markdown; charset=utf-8", "md", write_markdown},
};

const Row& row_of(Format format) {
    for (const auto& row : k_rows)
        if (row.format == format) return row;
    return k_rows[0];
}

}  // namespace

std::string media_type(Format format) {
    return std::string(row_of(format).media_type);
}

std::string file_name(Format format, const model::Job& job) {
    return fmt::format("krepro-job-{}.{}", job.id, row_of(format).extension);
}

util::Result<std::string> write(Format format, const Evidence& evidence, const Maker& maker) {
    if (!evidence.job.verdict)
        return util::fail(util::ErrorKind::conflict, "the job has no verdict yet",
                          fmt::format("job {}", evidence.job.id), "wait until it is done");
    return row_of(format).write(evidence, maker);
}

}  // namespace krepro::exports
