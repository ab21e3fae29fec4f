// SPDX-License-Identifier: Apache-2.0
#include "app/tree_program.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/system/system_error.hpp>
#include <csignal>
#include <cstdio>
#include <optional>

#include "app/exit_status.hpp"
#include "app/job_stores.hpp"
#include "app/rooms.hpp"
#include "checkout/debian_history.hpp"
#include "checkout/local_source.hpp"
#include "model/json.hpp"
#include "pipeline/cache_keeper.hpp"
#include "store/store.hpp"

namespace krepro::app {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using util::ErrorKind;
using util::Result;

namespace {

constexpr int k_exit_interrupted = 130;

// One command, on a loop of its own.
class TreeProgram {
  public:
    TreeProgram(const Settings& settings, const TreeRequest& request)
        : request_(request),
          book_(tree_book(settings)),
          source_(book_, settings.cache),
          apt_(settings.cache / "apt"),
          settings_(settings),
          signals_(io_, SIGINT, SIGTERM) {}

    // What came out, or nothing when it was interrupted.
    std::optional<Result<void>> run() {
        signals_.async_wait([this](const boost::system::error_code& error, int) {
            if (error) return;
            interrupted_ = true;
            cancel_.emit(asio::cancellation_type::terminal);
        });
        std::exception_ptr failure;
        Result<void> result;
        const auto ended = [&](const std::exception_ptr& thrown, Result<void> value) {
            failure = thrown;
            result = std::move(value);
            boost::system::error_code ignored;
            signals_.cancel(ignored);
        };
        asio::co_spawn(io_, work(), asio::bind_cancellation_slot(cancel_.slot(), ended));
        io_.run();
        if (interrupted_) return std::nullopt;
        if (failure) std::rethrow_exception(failure);
        return result;
    }

  private:
    asio::awaitable<Result<void>> work() {
        using What = TreeRequest::What;
        switch (request_.what) {
            case What::list:
                co_return list();
            case What::add:
                co_return book_.add(request_.tree);
            case What::update:
                co_return co_await update();
            case What::remove:
                co_return co_await remove();
            case What::git:
                co_return co_await make_repository();
        }
        co_return Result<void>{};
    }

    [[nodiscard]] Result<void> list() const {
        if (const auto trees = book_.all(); !trees) return tl::unexpected(trees.error());
        const auto infos = tree_infos(book_, source_);
        if (request_.json) {
            fmt::print("{}\n", model::dump_pretty({{"trees", model::to_json(infos)}}));
            return {};
        }
        for (const auto& tree : infos)
            fmt::print("{:24} {:14} {:8} {:9} {}\n{:24} {}\n", tree.name, tree.kind,
                       tree.shipped ? "shipped" : "own", tree.fetched ? "here" : "-", tree.origin,
                       "", tree.description);
        return {};
    }

    asio::awaitable<Result<void>> update() {
        std::vector<std::string> names;
        if (!request_.name.empty()) names = {request_.name};
        const auto trees = book_.all();
        if (!trees) co_return tl::unexpected(trees.error());
        for (const auto& tree : *trees)
            if (request_.name.empty() && source_.is_at_hand(tree.name)) names.push_back(tree.name);
        model::Json done = model::Json::array();
        for (const auto& name : names)
            if (const auto free = no_job_has(name); !free) co_return free;
        for (const auto& name : names) {
            const auto now = co_await source_.update(name, progress());
            if (!now) co_return tl::unexpected(now.error());
            done.push_back({{"tree", name}, {"at", *now}});
            if (!request_.json) fmt::print("{} is at {}\n", name, *now);
        }
        if (request_.json) fmt::print("{}\n", model::dump_pretty({{"updated", done}}));
        co_return Result<void>{};
    }

    asio::awaitable<Result<void>> remove() {
        if (book_.is_shipped(request_.name))
            co_return book_.remove(request_.name);  // which says why not
        const auto known = book_.find(request_.name);
        if (!known) co_return tl::unexpected(known.error());
        if (const auto free = no_job_has(request_.name); !free) co_return free;
        const auto removed = co_await source_.remove_files(request_.name);
        if (!removed) co_return removed;
        co_return book_.remove(request_.name);
    }

    // A job needs its tree's files from its first step to its last, and holds their lock only while
    // it builds.
    [[nodiscard]] Result<void> no_job_has(const std::string& name) const {
        const auto folder = source_.folder_of(name);
        if (!folder) return tl::unexpected(folder.error());
        for (const auto& file : job_stores(settings_.state)) {
            const auto store = store::Store::open(file);
            if (!store) return tl::unexpected(store.error());
            const auto job = pipeline::job_on_tree(**store, name, *folder);
            if (!job) continue;
            return util::fail(ErrorKind::conflict, fmt::format("job {} has the tree", *job), name,
                              fmt::format("wait for it, or end it: krepro cancel {}", *job));
        }
        return {};
    }

    asio::awaitable<Result<void>> make_repository() {
        const auto tree = book_.find(request_.name);
        if (!tree) co_return tl::unexpected(tree.error());
        const auto made =
            co_await checkout::make_history(*tree, fs::absolute(request_.dest), apt_, progress());
        if (!made) co_return tl::unexpected(made.error());
        if (request_.json)
            fmt::print("{}\n",
                       model::dump_pretty({{"repository", fs::absolute(request_.dest).string()},
                                           {"commits", made->commits},
                                           {"head", made->head}}));
        else
            fmt::print("{}: {} commits, HEAD is {}\n", request_.dest.string(), made->commits,
                       made->head);
        co_return Result<void>{};
    }

    static checkout::Progress progress() {
        return [](const std::string& text) {
            fmt::print(stderr, "{}\n", text);
            std::fflush(stderr);
        };
    }

    TreeRequest request_;
    checkout::TreeBook book_;
    checkout::LocalKernelSource source_;
    fs::path apt_;
    Settings settings_;
    asio::io_context io_{1};
    asio::signal_set signals_;
    asio::cancellation_signal cancel_;
    bool interrupted_ = false;
};

int exit_code_of(const util::Error& error) {
    const bool asked_wrongly = error.kind == ErrorKind::invalid_input ||
                               error.kind == ErrorKind::not_found ||
                               error.kind == ErrorKind::conflict;
    return asked_wrongly ? k_exit_usage : k_exit_infrastructure;
}

}  // namespace

checkout::TreeBook tree_book(const Settings& settings) {
    return {settings.share / "kernels" / "trees.toml", settings.state / "trees.toml"};
}

std::vector<model::TreeInfo> tree_infos(const checkout::TreeBook& book,
                                        const checkout::KernelSource& source) {
    std::vector<model::TreeInfo> infos;
    const auto trees = book.all();
    if (!trees) return infos;
    for (const auto& tree : *trees)
        infos.push_back({tree.name, tree.kind, checkout::origin_of(tree), tree.description,
                         book.is_shipped(tree.name), source.is_at_hand(tree.name)});
    return infos;
}

int run_tree(const Settings& settings, const TreeRequest& request) {
    ::umask(022);  // other users read the trees: the builds run as one
    settle_sandboxing(settings);
    const auto result = TreeProgram(settings, request).run();
    if (!result) return k_exit_interrupted;
    if (*result) return 0;
    fmt::print(stderr, "krepro: {}\n", result->error().to_string());
    return exit_code_of(result->error());
}

}  // namespace krepro::app
