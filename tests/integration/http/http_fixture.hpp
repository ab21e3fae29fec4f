// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/thread_pool.hpp>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "http/client.hpp"
#include "http/server.hpp"
#include "util/files.hpp"

namespace krepro::http {

// A raw client: sends bytes as they are, reads until the server closes or a pause.
class RawClient {
  public:
    explicit RawClient(unsigned short port);
    // False when the server does not take them any more.
    bool send(std::string_view bytes);
    // All that comes until the end of the connection (bounded by `patience`).
    std::string read_all(std::chrono::milliseconds patience = std::chrono::seconds(10));
    // What comes until `end` was read.
    std::string read_until(std::string_view end);
    void close() { socket_.close(); }
    boost::asio::ip::tcp::socket& socket() { return socket_; }

  private:
    boost::asio::io_context loop_;
    boost::asio::ip::tcp::socket socket_;
};

// "HTTP/1.1 404 Not Found..." -> 404; 0 when there is no answer.
unsigned status_in(std::string_view answer);

// An answer's body; an object without fields, and a failure, when it is no JSON.
model::Json json_of(const Answer& answer);

// A server on a free port with a store in memory, on a thread of its own.
class HttpTest : public ::testing::Test {
  protected:
    HttpTest();
    ~HttpTest() override;

    // Limits and folders may be changed before this.
    void start();
    void stop();
    // Another server on the same store, as after a restart of the daemon.
    void restart_on(unsigned short port);

    // On the loop's thread, and waited for.
    void on_loop(const std::function<void()>& function);
    // On the store's thread, and waited for.
    template <class F>
    auto in_store(F function) -> std::invoke_result_t<F&, store::Store&> {
        std::promise<std::invoke_result_t<F&, store::Store&>> result;
        auto future = result.get_future();
        boost::asio::co_spawn(loop_, ask_store(&function, &result), boost::asio::detached);
        return future.get();
    }

    model::Job add_job(const std::string& title);
    void add_event(std::int64_t job, const std::string& line);
    void finish(std::int64_t job);
    [[nodiscard]] Client client() const;
    [[nodiscard]] std::string base() const;
    Answer get(const std::string& target, const std::string& range = "");
    Answer post(const std::string& target, const std::string& type, const std::string& body);

    util::TempDir folder_;
    ServerOptions options_;
    store::AsyncStore store_;
    store::Artifacts artifacts_;
    std::unique_ptr<store::EventBus> bus_ = std::make_unique<store::EventBus>();
    std::map<std::int64_t, std::filesystem::path> live_;
    std::vector<std::int64_t> cancelled_;
    // What a preview is told of trees and time; empty: nobody looks.
    decltype(Services::look_ahead) look_ahead_;
    decltype(Services::bundle) bundle_;  // empty: the server makes none
    // What a preview of a commit is told; empty: nobody reads it.
    decltype(Services::read_commit) read_commit_;
    JobReceivers job_receivers_ = JobReceivers::none;
    boost::asio::io_context loop_;
    boost::asio::thread_pool pool_{1};
    std::unique_ptr<Server> server_;

  private:
    template <class F, class P>
    boost::asio::awaitable<void> ask_store(F* function, P* result) {
        const auto work = [function](store::Store& s) { return (*function)(s); };
        result->set_value(co_await store_.call(work));
    }
    boost::asio::awaitable<util::Result<model::Bisection>> submit_bisection(
        model::BisectionSpec spec, std::int64_t token);
    boost::asio::awaitable<util::Result<store::Submitted>> submit(model::JobSpec spec,
                                                                  store::Submission submission);
    static boost::asio::awaitable<model::Host> look_at_host();

    std::thread thread_;
};

}  // namespace krepro::http
