// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "http/job_receiver.hpp"
#include "model/bisection.hpp"
#include "model/host.hpp"
#include "model/job.hpp"
#include "model/preview.hpp"
#include "store/artifacts.hpp"
#include "store/async_store.hpp"
#include "store/event_bus.hpp"
#include "util/files.hpp"
#include "util/result.hpp"

namespace krepro::http {

// What the routes need of the rest, wired in main. What is pointed to outlives the server. The
// functions are called on the loop's thread.
struct Services {
    store::AsyncStore* store = nullptr;
    const store::Artifacts* artifacts = nullptr;
    store::EventBus* bus = nullptr;
    boost::asio::thread_pool* pool = nullptr;  // for reading what is long: mails
    // Reads the mail, checks the names of tree and profile, stores the job as queued and starts
    // it. Nothing is queued when it fails, or when the submission's key was known.
    std::function<boost::asio::awaitable<util::Result<store::Submitted>>(model::JobSpec,
                                                                         store::Submission)>
        submit;
    // Checks and stores a bisection of this token's holder, and begins it.
    std::function<boost::asio::awaitable<util::Result<model::Bisection>>(model::BisectionSpec,
                                                                         std::int64_t token)>
        submit_bisection;
    // Called after the store has noted that one is to be cancelled or resumed.
    std::function<void()> wake_bisections;
    // Called after the store has noted the request: ends what runs for the job.
    std::function<void(std::int64_t job)> cancel;
    // The archive that repeats a job, as a file without a name. Takes seconds.
    std::function<boost::asio::awaitable<util::Result<util::Fd>>(std::int64_t job)> bundle;
    // The console or harness file of a trial that is running: a file that grows.
    std::function<std::optional<std::filesystem::path>(std::int64_t trial)> live_console;
    std::function<std::optional<std::filesystem::path>(std::int64_t trial)> live_harness;
    // What the machine has and lacks. Takes seconds, or is remembered from some minutes ago.
    std::function<boost::asio::awaitable<model::Host>()> host;
    std::function<std::vector<model::TreeInfo>()> trees;  // that a job may name
    // What the known trees say to a job's patch, and how long it may take. Takes a second at most;
    // without it, nobody looks.
    std::function<boost::asio::awaitable<model::Prospect>(model::JobSpec, model::Mail)> look_ahead;
    // The mail of a specification that names a commit, as the trees on this machine have it;
    // without it, a commit is read when its job begins.
    std::function<boost::asio::awaitable<util::Result<model::Mail>>(model::JobSpec)> read_commit;
    std::vector<model::ProfileInfo> profiles;
    JobReceivers job_receivers = JobReceivers::none;  // that a job may name as its webhook
    int max_vcpus = 8;                                // of a guest
    std::string version = "unknown";
};

// What a client may cost.
struct Limits {
    std::uint64_t body_bytes = 16ULL << 20U;
    std::uint32_t header_bytes = 16U << 10U;
    std::uint64_t bodies_bytes = 128ULL << 20U;  // of all requests that are being read
    std::size_t connections = 1024;
    std::chrono::milliseconds header_time{10'000};
    std::chrono::milliseconds body_time{60'000};
    std::chrono::milliseconds idle_time{75'000};   // between requests of a connection
    std::chrono::milliseconds write_time{30'000};  // for each piece of an answer
    std::chrono::milliseconds heartbeat{15'000};   // of an event stream that is silent
    std::chrono::milliseconds grace{2'000};        // for open requests when the server stops
    int unfinished_jobs = 1000;                    // that wait or run; one more is refused
    int unfinished_bisections = 100;
    double token_rate = 50;    // requests a second of one token
    double token_burst = 200;  // of them at once
};

// When a token is asked for.
enum class Tokens {
    by_address,  // on every address but loopback
    demanded,    // always: behind a proxy on the same machine
};

struct ServerOptions {
    std::string address = "127.0.0.1";
    unsigned short port = 8734;  // 0: any that is free
    std::filesystem::path web_root;
    Tokens tokens = Tokens::by_address;
    std::filesystem::path tls_certificate, tls_key;  // PEM; both or neither
    Limits limits;
};

}  // namespace krepro::http
