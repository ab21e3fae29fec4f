// SPDX-License-Identifier: Apache-2.0
// Gives the reports of a stored job their lines, as the daemon does, and prints them: for
// measuring. Works on the state's own store, and on the cache's tree, which it leaves as a job does
// after its builds: give it copies.
//
//     symbols_tool STATE CACHE JOB KREPRO
#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "build/local_builder.hpp"
#include "build/local_symbolizer.hpp"
#include "checkout/local_source.hpp"
#include "pipeline/report_symbols.hpp"

namespace {

using namespace krepro;
namespace fs = std::filesystem;
using model::ArmName;

boost::asio::awaitable<void> run(const pipeline::Services& services, std::int64_t id) {
    const auto read = [id](store::Store& s) { return s.job(id); };
    const auto job = co_await services.store->call(read);
    if (!job) co_return;
    const checkout::Pair pair{*job->direction, *job->unpatched_checkout, *job->patched_checkout};
    const auto selected = co_await services.source->select(pair.patched);
    if (!selected) fmt::print("{}\n", selected.error().to_string());
    pipeline::ReportSymbols::Kernels kernels;
    for (const auto& checkout : {pair.unpatched, pair.patched}) {
        const build::BuildRequest request{checkout, job->spec.profile, {}, {}};
        if (auto kernel = co_await services.builder->find(request))
            kernels[checkout.arm] = std::move(*kernel);
    }
    fmt::print("{} kernels\n", kernels.size());
    const auto executor = co_await boost::asio::this_coro::executor;
    const auto symbols = std::make_shared<pipeline::ReportSymbols>(
        services, pipeline::Recorder(executor, services, id), id);
    symbols->start(pair, kernels, executor);
    co_await symbols->finish(std::chrono::seconds(600));
    const auto events = [id](store::Store& s) { return s.events_after(id, 0, 100000); };
    for (const auto& event : co_await services.store->call(events))
        if (event.type == "symbols" || event.type == "log")
            fmt::print("{} {}\n", event.type, model::dump(event.data));
    const auto reports = [id](store::Store& s) { return s.reports(id); };
    for (const auto& stored : co_await services.store->call(reports))
        fmt::print("{}\n", model::dump(model::to_json(stored)));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) return 64;
    const fs::path state = argv[1];
    const fs::path cache = argv[2];
    const fs::path kernels = fs::path(KREPRO_SOURCE_DIR) / "kernels";
    boost::asio::io_context io;
    boost::asio::thread_pool pool(1);
    store::AsyncStore store(util::value_or_throw(store::Store::open(state / "krepro.db")));
    store::EventBus bus;
    checkout::LocalKernelSource source(
        util::value_or_throw(checkout::read_trees(kernels / "trees.toml")), cache);
    build::LocalKernelBuilder builder(kernels / "profiles", cache);
    build::LocalSymbolizer symbolizer(state / "debug", argv[4]);
    pipeline::Services services;
    services.store = &store;
    services.bus = &bus;
    services.source = &source;
    services.builder = &builder;
    services.symbolizer = &symbolizer;
    services.pool = &pool;
    boost::asio::co_spawn(io, run(services, std::atoi(argv[3])),
                          [](const std::exception_ptr& failure) {
                              if (failure) std::rethrow_exception(failure);
                          });
    io.run();
    return 0;
}
