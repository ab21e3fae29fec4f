// SPDX-License-Identifier: Apache-2.0
// What watches the server asks: health, readiness, figures; and what the server says of itself.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

#include "http/api.hpp"
#include "http/openapi_document.hpp"
#include "store/schema.hpp"

namespace krepro::http {

namespace asio = boost::asio;

namespace {

using Counts = std::vector<std::pair<std::string, std::int64_t>>;

struct StoreFigures {
    Counts stages, verdicts;
    std::int64_t last_event = 0;
};

double resident_bytes() {
    std::ifstream file("/proc/self/statm");
    double total = 0, resident = 0;
    file >> total >> resident;
    return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
    rusage use{};
    ::getrusage(RUSAGE_SELF, &use);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(use.ru_utime) + seconds(use.ru_stime);
}

// The text format of Prometheus, 0.0.4.
class Exposition {
  public:
    void family(std::string_view name, std::string_view type, std::string_view help) {
        text_ += fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
    }
    void value(std::string_view name, double value) {
        text_ += fmt::format("{} {}\n", name, value);
    }
    // The label's values are krepro's own words.
    void value(std::string_view name, std::string_view label, std::string_view of, double value) {
        text_ += fmt::format("{}{{{}=\"{}\"}} {}\n", name, label, of, value);
    }
    void single(std::string_view name, std::string_view type, std::string_view help, double v) {
        family(name, type, help);
        value(name, v);
    }
    [[nodiscard]] std::string take() { return std::move(text_); }

  private:
    std::string text_;
};

void add_counts(Exposition& out, std::string_view name, std::string_view label,
                const Counts& counts) {
    for (const auto& [of, count] : counts) out.value(name, label, of, static_cast<double>(count));
}

}  // namespace

asio::awaitable<Reply> Api::health(Call) {
    const auto unfinished =
        co_await services_.store->call([](store::Store& s) { return s.count_unfinished(); });
    co_return json_reply({{"status", "ok"}, {"unfinished_jobs", unfinished}});
}

// Ready when the store answers and takes jobs; a store that fails is 503 in answer().
asio::awaitable<Reply> Api::ready(Call call) {
    if (services_.bus->closed())
        co_return error_reply({util::ErrorKind::unavailable, "the server is stopping", "",
                               "try again when it is back"},
                              call.target.path);
    co_await services_.store->call([](store::Store& s) { return s.last_event(0); });
    co_return json_reply({{"status", "ready"}});
}

asio::awaitable<Reply> Api::metrics(Call) {
    const auto figures = co_await services_.store->call([](store::Store& s) {
        return StoreFigures{s.count_stages(), s.count_verdicts(), s.last_event(0)};
    });
    const std::chrono::duration<double> up = std::chrono::steady_clock::now() - started_;
    Exposition out;
    out.family("krepro_jobs", "gauge", "Jobs in the store, by stage.");
    add_counts(out, "krepro_jobs", "stage", figures.stages);
    out.family("krepro_verdicts", "gauge", "Jobs that are done, by verdict.");
    add_counts(out, "krepro_verdicts", "verdict", figures.verdicts);
    out.family("krepro_http_answers_total", "counter", "Answers to requests, by status class.");
    for (std::size_t digit = 2; digit < answered_.size(); ++digit)
        out.value("krepro_http_answers_total", "class", fmt::format("{}xx", digit),
                  static_cast<double>(answered_[digit]));
    out.single("krepro_event_streams", "gauge", "Event streams that wait for news.",
               static_cast<double>(services_.bus->waiting()));
    out.single("krepro_events_total", "counter", "Events in the history.",
               static_cast<double>(figures.last_event));
    out.single("krepro_uptime_seconds", "gauge", "Since the server started.", up.count());
    out.single("process_resident_memory_bytes", "gauge", "Resident memory.", resident_bytes());
    out.single("process_cpu_seconds_total", "counter", "Processor time, user and system.",
               cpu_seconds());
    Reply reply;
    reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
    reply.body = out.take();
    co_return reply;
}

asio::awaitable<Reply> Api::version(Call) {
    co_return json_reply({{"name", "krepro"},
                          {"version", services_.version},
                          {"api", "v1"},
                          {"schema", store::schema_version()}});
}

asio::awaitable<Reply> Api::openapi(Call) {
    Reply reply;
    reply.content_type = "application/json";
    reply.body = std::string(openapi_document());
    co_return reply;
}

}  // namespace krepro::http
