// SPDX-License-Identifier: Apache-2.0
// Any bytes are a submission: a line that is the query, a line that is the type, and the body. An
// error names the field or the parameter; what was taken is within its limits, is the same when it
// is read again from what would be stored, and names no webhook that may not be connected to.
#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/job_receiver.hpp"
#include "http/job_request.hpp"
#include "http/url.hpp"

using namespace krepro;
using http::JobReceivers;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

std::string_view take_line(std::string_view& bytes) {
    const auto end = std::min(bytes.find('\n'), bytes.size());
    const auto line = bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    return line;
}

void check_error(const util::Error& error) {
    require(!error.what.empty());
    require(error.where == "request body" || error.where.starts_with("request body") ||
            error.where.starts_with("field ") || error.where.starts_with("parameter "));
}

void check_webhook(const std::string& address) {
    require(!http::check_job_receiver(address, JobReceivers::none));
    const auto shown = http::shown_receiver(address);
    if (!http::check_job_receiver(address, JobReceivers::public_https)) return;
    const auto url = http::parse_url(address);
    require(url && url->tls && shown.starts_with("https://"));
    require(http::check_job_receiver(address, JobReceivers::any).has_value());
    boost::system::error_code code;
    const auto literal = boost::asio::ip::make_address(url->host, code);
    require(code || !http::is_private(literal));
    // What is shown is an address too, and says no more when it is shown again.
    require(http::shown_receiver(shown) == shown);
}

void check_spec(const model::JobSpec& spec) {
    require(model::validate(spec).has_value());
    require(spec.confidence > 0.5 && spec.confidence < 1);
    require(spec.budget.trials >= 2 && spec.budget.wall_s <= 7 * 86400.0);
    const auto json = model::to_json(spec);
    const auto again = model::parse_job_spec(json);
    require(again && *again == spec);
    // As it is stored, what is no UTF-8 is replaced; that is read as itself.
    const auto stored = model::parse_json(model::dump(json));
    require(stored.has_value());
    const auto read = model::from_json<model::JobSpec>(*stored);
    require(read && model::dump(model::to_json(*read)) == model::dump(json));
    if (!spec.webhook.empty()) check_webhook(spec.webhook);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto query = take_line(bytes);
    const auto type = take_line(bytes);
    const auto target = http::parse_target("/api/v1/jobs?" + std::string(query));
    if (!target) return 0;
    http::Call call;
    call.target = *target;
    if (type.size() < 200 && type.find('\0') == std::string_view::npos)
        call.headers.set(http::beast::http::field::content_type, std::string(type));
    call.body = std::string(bytes);
    const auto spec = http::read_job_request(call);
    if (!spec) {
        check_error(spec.error());
        return 0;
    }
    const auto header = call.headers[http::beast::http::field::content_type];
    if (http::media_type({header.data(), header.size()}) != "application/json")
        require(spec->mail == call.body);
    check_spec(*spec);
    return 0;
}
