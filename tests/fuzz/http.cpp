// SPDX-License-Identifier: Apache-2.0
// Any bytes are what a client sends over a connection. Whatever they are: what is understood of
// them does not depend on how they were cut into pieces, what is refused gets a problem that says
// what and where, and no byte of a request gets a line of its own in the head of an answer.
#include <algorithm>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "http/answer.hpp"
#include "http/api.hpp"
#include "http/head.hpp"
#include "http/header_reader.hpp"
#include "http/job_request.hpp"
#include "http/range.hpp"
#include "http/request_check.hpp"

using namespace krepro;
using namespace krepro::http;
using beast::http::field;
using ErrorCode = boost::system::error_code;

namespace {

// Small, so that inputs reach them.
constexpr std::size_t k_header_bytes = 2048;
constexpr std::uint64_t k_body_bytes = 4096;

void require(bool holds) {
    if (!holds) std::abort();
}

const Api& api() {
    static const Api shared(Services{}, ServerOptions{});
    return shared;
}

// What a request came to.
struct Seen {
    bool refused = false;
    std::string_view pattern;  // of its route; empty: answered by the plan
    std::vector<std::string> values;
    std::string body;

    bool operator==(const Seen&) const = default;
};

void check_answer(const Reply& reply) {
    const auto head = head_bytes(reply, Ending::close);
    beast::http::response_parser<beast::http::string_body> parser;
    parser.eager(true);
    ErrorCode error;
    const std::string answer = head + std::string(body_bytes(reply));
    parser.put({answer.data(), answer.size()}, error);
    require(!error && parser.is_done());
    const auto& fields = parser.get();
    const auto lines = std::count(head.begin(), head.end(), '\n');
    require(lines == 2 + std::distance(fields.begin(), fields.end()));
    if (static_cast<unsigned>(reply.status) < 400) return;
    const auto problem = model::parse_json(fields.body());
    require(problem && (*problem)["status"] == static_cast<unsigned>(reply.status));
    require((*problem)["detail"] != "");
}

// What the handlers make of the parts that every request has.
void check_call(const Call& call, const Route& route) {
    const auto range = choose_range(std::string(call.headers[field::range]), 1000);
    require(range.offset + range.length <= 1000);
    const auto wishes = wishes_of(call);
    (void)none_match_names(wishes.if_none_match, "W/\"a\"");
    if (const auto filter = read_job_filter(call.target))
        require(filter->limit >= 1 && filter->limit <= 500 && filter->before >= 0);
    if (route.body != BodyUse::mail_or_job) return;
    const auto spec = read_job_request(call);
    if (!spec) require(!spec.error().what.empty() && !spec.error().where.empty());
}

// Takes its bytes a piece at a time, as http::Connection takes them from a socket.
class Reader {
  public:
    Reader(std::string_view bytes, std::size_t piece) : left_(bytes), piece_(piece) {}

    std::vector<Seen> read_all() {
        std::vector<Seen> all;
        while (!left_.empty() || buffer_.size() != 0) {
            RequestParser parser;
            parser.body_limit(k_body_bytes);
            HeaderReader header(&parser, k_header_bytes);
            const auto error =
                read([&] { return header.take(buffer_); }, [&] { return parser.is_header_done(); });
            if (error == beast::http::error::partial_message) break;  // the client says no more
            if (!take_request(parser, error, all) || all.back().refused) break;
        }
        return all;
    }

  private:
    template <class Take, class Done>
    ErrorCode read(Take take, Done done) {
        ErrorCode error = beast::http::error::need_more;
        while (!done()) {
            if (buffer_.size() == 0 || error == beast::http::error::need_more)
                if (!fill() && buffer_.size() == 0) return beast::http::error::partial_message;
            const auto before = left_.size();
            error = take();
            if (error && error != beast::http::error::need_more) return error;
            if (error && before == 0) return beast::http::error::partial_message;
        }
        return {};
    }

    bool fill() {
        const auto piece = left_.substr(0, piece_);
        left_.remove_prefix(piece.size());
        const auto room = buffer_.prepare(piece.size());
        std::copy(piece.begin(), piece.end(), static_cast<char*>(room.data()));
        buffer_.commit(piece.size());
        return !piece.empty();
    }

    // False when the client went silent in the middle of the body.
    bool take_request(RequestParser& parser, const ErrorCode& error, std::vector<Seen>& all) {
        const auto refuse = [&](const Reply& reply) {
            check_answer(reply);
            all.push_back({true, {}, {}, {}});
            return true;
        };
        const auto target = parse_target(target_of(parser.get()));
        if (const auto reply = refuse_unread(error, parser.get(), target)) return refuse(*reply);
        auto planned = api().plan(parser.get().method(), *target, parser.get().base());
        if (const auto* reply = std::get_if<Reply>(&planned)) {
            if (!parser.is_done()) return refuse(*reply);
            check_answer(*reply);
            all.emplace_back();
            return true;
        }
        auto& match = std::get<RouteMatch>(planned);
        if (match.route->body == BodyUse::none) {
            parser.body_limit(k_body_bytes / 2);
            if (parser.content_length().value_or(0) > k_body_bytes / 2)
                return refuse(problem_reply({ProblemKind::too_large, "no body", "body", ""}, ""));
        }
        parser.eager(true);
        const auto take = [&] {
            ErrorCode result;
            buffer_.consume(parser.put(buffer_.data(), result));
            return result;
        };
        const auto failed = read(take, [&] { return parser.is_done(); });
        if (failed == beast::http::error::partial_message) return false;
        if (failed) return refuse(problem_reply(read_problem(failed), target->path));
        auto request = parser.release();
        Call call;
        call.method = request.method();
        call.target = *target;
        call.path_values = match.values;
        call.headers = std::move(static_cast<beast::http::fields&>(request.base()));
        call.body = std::move(request.body());
        check_call(call, *match.route);
        all.push_back({false, match.route->pattern, match.values, call.body});
        return true;
    }

    std::string_view left_;
    std::size_t piece_;
    beast::flat_buffer buffer_;
};

// A malformed header is refused when its end is there, or before that where it came in one piece.
bool same(std::vector<Seen> whole, std::vector<Seen> pieces) {
    if (pieces.size() + 1 == whole.size() && whole.back().refused) whole.pop_back();
    return whole == pieces;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto whole = Reader(bytes, bytes.size() + 1).read_all();
    require(same(whole, Reader(bytes, 1U + data[0]).read_all()));
    return 0;
}
