// SPDX-License-Identifier: Apache-2.0
// A verdict in the formats of others, and as an archive that repeats it.
#include <fmt/format.h>
#include <sys/stat.h>

#include "exports/bundle.hpp"
#include "exports/format.hpp"
#include "http/api.hpp"
#include "http/views.hpp"

namespace krepro::http {

namespace asio = boost::asio;
using beast::http::field;
using util::Error;
using util::ErrorKind;

namespace {

Error no_such_format(std::string_view name) {
    std::string known;
    for (const auto& [value, text] : model::EnumNames<exports::Format>::k_names)
        known += (known.empty() ? "" : ", ") + std::string(text);
    return {ErrorKind::not_found, fmt::format("there is no format {}", name), "format",
            "choose one of: " + known};
}

// The name under which the client knows this server, for the links in the document. Only what a
// host and a port are made of: the header is the client's.
std::string own_url(const Call& call, std::string_view scheme) {
    const auto header = call.headers[field::host];
    const std::string host(header.data(), header.size());
    constexpr std::string_view k_allowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]";
    if (host.empty() || host.find_first_not_of(k_allowed) != std::string::npos) return "";
    return std::string(scheme) + "://" + host;
}

// One is packed at a time, and some may wait.
constexpr int k_most_bundles = 4;

class PlaceInLine {
  public:
    explicit PlaceInLine(int& taken) : taken_(taken) { ++taken_; }
    ~PlaceInLine() { --taken_; }
    PlaceInLine(const PlaceInLine&) = delete;
    PlaceInLine& operator=(const PlaceInLine&) = delete;

  private:
    int& taken_;
};

Error packing_others() {
    return {ErrorKind::unavailable,
            fmt::format("{} bundles are being packed already", k_most_bundles), "bundle",
            "try again in some seconds"};
}

std::string as_attachment(const std::string& name) {
    return fmt::format("attachment; filename=\"{}\"", name);
}

}  // namespace

asio::awaitable<Reply> Api::export_job(Call call) {
    const auto format = model::enum_from_string<exports::Format>(call.path_values[1]);
    if (!format) co_return error_reply(no_such_format(call.path_values[1]), call.target.path);
    const auto id = parse_id(call.path_values[0]).value_or(0);
    auto parts = co_await services_.store->call([id](store::Store& s) {
        return JobParts{s.job(id), s.trials(id), s.reports(id)};
    });
    if (!parts.job) co_return error_reply(no_such_job(call.path_values[0]), call.target.path);
    const exports::Evidence evidence{std::move(*parts.job), std::move(parts.trials),
                                     std::move(parts.reports)};
    auto document = exports::write(*format, evidence, {services_.version, own_url(call, scheme_)});
    if (!document) co_return error_reply(document.error(), call.target.path);
    Reply reply;
    reply.content_type = exports::media_type(*format);
    reply.headers.emplace_back(field::content_disposition,
                               as_attachment(exports::file_name(*format, evidence.job)));
    reply.body = std::move(*document);
    co_return reply;
}

asio::awaitable<Reply> Api::job_bundle(Call call) {
    const auto id = parse_id(call.path_values[0]).value_or(0);
    const auto job = co_await services_.store->call([id](store::Store& s) { return s.job(id); });
    if (!job) co_return error_reply(no_such_job(call.path_values[0]), call.target.path);
    if (!services_.bundle)
        co_return error_reply({ErrorKind::unavailable, "this server makes no bundles", "bundle",
                               "ask the daemon that ran the job"},
                              call.target.path);
    if (bundles_ >= k_most_bundles) co_return error_reply(packing_others(), call.target.path);
    const PlaceInLine place(bundles_);
    auto file = co_await services_.bundle(id);
    if (!file) co_return error_reply(file.error(), call.target.path);
    struct stat status {};
    if (::fstat(file->get(), &status) != 0)
        co_return error_reply({ErrorKind::unavailable, "the archive cannot be read", "bundle", ""},
                              call.target.path);
    Reply reply;
    reply.content_type = "application/zstd";
    reply.headers.emplace_back(field::content_disposition,
                               as_attachment(exports::bundle_name(*job) + ".tar.zst"));
    reply.body = FilePart{std::move(*file), 0, static_cast<std::uint64_t>(status.st_size)};
    co_return reply;
}

}  // namespace krepro::http
