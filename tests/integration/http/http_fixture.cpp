// SPDX-License-Identifier: Apache-2.0
#include "integration/http/http_fixture.hpp"

#include <poll.h>

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

namespace krepro::http {

namespace asio = boost::asio;

RawClient::RawClient(unsigned short port) : socket_(loop_) {
    socket_.connect({asio::ip::make_address("127.0.0.1"), port});
}

bool RawClient::send(std::string_view bytes) {
    boost::system::error_code error;
    asio::write(socket_, asio::buffer(bytes.data(), bytes.size()), error);
    return !error;
}

std::string RawClient::read_all(std::chrono::milliseconds patience) {
    std::string text;
    while (true) {
        pollfd ready{socket_.native_handle(), POLLIN, 0};
        if (::poll(&ready, 1, static_cast<int>(patience.count())) <= 0) return text;
        char bytes[4096];
        boost::system::error_code error;
        const auto n = socket_.read_some(asio::buffer(bytes), error);
        if (error) return text;
        text.append(bytes, n);
    }
}

std::string RawClient::read_until(std::string_view end) {
    std::string text;
    char byte = 0;
    boost::system::error_code error;
    while (!text.ends_with(end) && socket_.read_some(asio::buffer(&byte, 1), error) == 1)
        text += byte;
    return text;
}

unsigned status_in(std::string_view answer) {
    if (!answer.starts_with("HTTP/1.1 ") || answer.size() < 12) return 0;
    return static_cast<unsigned>(std::stoul(std::string(answer.substr(9, 3))));
}

model::Json json_of(const Answer& answer) {
    auto json = model::parse_json(answer.body);
    EXPECT_TRUE(json) << answer.body;
    return json.value_or(model::Json::object());
}

HttpTest::HttpTest()
    : folder_(*util::TempDir::make(::testing::TempDir(), "http")),
      store_(std::move(*store::Store::open(":memory:"))),
      artifacts_(folder_.path() / "artifacts"),
      loop_(1) {
    options_.port = 0;
    options_.limits.grace = std::chrono::milliseconds(300);
}

HttpTest::~HttpTest() {
    stop();
}

asio::awaitable<util::Result<store::Submitted>> HttpTest::submit(model::JobSpec spec,
                                                                 store::Submission submission) {
    if (spec.tree != model::JobSpec{}.tree)
        co_return util::fail(util::ErrorKind::invalid_input, "unknown tree " + spec.tree,
                             "field tree", "choose another");
    model::Job job;
    job.title = spec.mail.substr(0, spec.mail.find('\n'));
    job.spec = std::move(spec);
    const auto add = [job, submission](store::Store& s) { return s.submit(job, submission); };
    co_return co_await store_.call(add);
}

asio::awaitable<util::Result<model::Bisection>> HttpTest::submit_bisection(
    model::BisectionSpec spec, std::int64_t token) {
    model::Bisection bisection;
    bisection.spec = std::move(spec);
    const auto add = [bisection, token](store::Store& s) {
        return s.add_bisection(bisection, token);
    };
    co_return co_await store_.call(add);
}

asio::awaitable<model::Host> HttpTest::look_at_host() {
    model::Host host;
    host.accelerator = "tcg";
    host.findings = {{"disk", "warning", "little room", "what to do about it"}};
    host.trees = {{"a-tree", 5U << 20U}};
    co_return host;
}

void HttpTest::start() {
    Services services;
    services.store = &store_;
    services.artifacts = &artifacts_;
    services.bus = bus_.get();
    services.pool = &pool_;
    services.submit = [this](model::JobSpec spec, store::Submission submission) {
        return submit(std::move(spec), std::move(submission));
    };
    services.submit_bisection = [this](model::BisectionSpec spec, std::int64_t token) {
        return submit_bisection(std::move(spec), token);
    };
    services.cancel = [this](std::int64_t job) { cancelled_.push_back(job); };
    services.live_console = [this](std::int64_t trial) {
        const auto found = live_.find(trial);
        return found == live_.end() ? std::nullopt : std::optional(found->second);
    };
    services.host = look_at_host;
    services.trees = [] {
        return std::vector<model::TreeInfo>{{"a-tree", "git", "/a/tree", "a tree", true, true}};
    };
    services.profiles = {{"a-profile", "a profile", {"LOCKDEP=y"}}};
    services.look_ahead = look_ahead_;
    services.bundle = bundle_;
    services.read_commit = read_commit_;
    services.job_receivers = job_receivers_;
    services.version = "1.2.3";
    server_ = std::make_unique<Server>(loop_.get_executor(), options_, services);
    asio::co_spawn(loop_, server_->run(), asio::detached);
    thread_ = std::thread([this] { loop_.run(); });
}

void HttpTest::stop() {
    if (!thread_.joinable()) return;
    asio::post(loop_, [this] { server_->stop(); });
    thread_.join();
}

void HttpTest::restart_on(unsigned short port) {
    stop();
    server_.reset();
    bus_ = std::make_unique<store::EventBus>();
    options_.port = port;
    loop_.restart();
    start();
}

void HttpTest::on_loop(const std::function<void()>& function) {
    std::promise<void> done;
    asio::post(loop_, [&] {
        function();
        done.set_value();
    });
    done.get_future().get();
}

model::Job HttpTest::add_job(const std::string& title) {
    return in_store([&](store::Store& s) {
        model::Job job;
        job.title = title;
        job.spec.mail = "Subject: " + title + "\n";
        return s.add_job(job);
    });
}

void HttpTest::add_event(std::int64_t job, const std::string& line) {
    in_store([&](store::Store& s) { return s.add_event(job, "log", {{"line", line}}).seq; });
    on_loop([&] { bus_->notify(job); });
}

void HttpTest::finish(std::int64_t id) {
    in_store([&](store::Store& s) {
        auto job = *s.job(id);
        job.stage = model::JobStage::done;
        job.verdict.emplace();
        EXPECT_TRUE(s.update_job(job));
        return s.last_event(id);
    });
    on_loop([&] { bus_->notify(id); });
}

std::string HttpTest::base() const {
    return "http://127.0.0.1:" + std::to_string(server_->port());
}

Client HttpTest::client() const {
    return *Client::make(base());
}

Answer HttpTest::get(const std::string& target, const std::string& range) {
    auto answer = client().send({"GET", target, "", range, ""});
    EXPECT_TRUE(answer) << answer.error().to_string();
    return answer.value_or(Answer{});
}

Answer HttpTest::post(const std::string& target, const std::string& type, const std::string& body) {
    auto answer = client().send({"POST", target, type, "", body});
    EXPECT_TRUE(answer) << answer.error().to_string();
    return answer.value_or(Answer{});
}

}  // namespace krepro::http
