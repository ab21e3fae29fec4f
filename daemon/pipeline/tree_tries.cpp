// SPDX-License-Identifier: Apache-2.0
#include "pipeline/tree_tries.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

#include "util/hash.hpp"

namespace krepro::pipeline {

namespace asio = boost::asio;
using model::TreeAnswer;
using model::TreeState;
using util::ErrorKind;

namespace {

// A patch may have 10 MiB; one that waits is kept whole.
constexpr std::size_t k_most_waiting = 4;
constexpr std::size_t k_most_remembered = 64;
constexpr std::chrono::minutes k_remembered{5};
// A page asks again within a second for as long as it shows the patch.
constexpr std::chrono::seconds k_nobody_asks{5};
constexpr std::chrono::milliseconds k_look_again{20};

TreeState state_of(const util::Error& error) {
    if (error.kind == ErrorKind::invalid_input) return TreeState::refuses;
    return error.kind == ErrorKind::not_found ? TreeState::not_fetched : TreeState::failed;
}

TreeAnswer answer_of(const std::string& tree, const util::Result<model::Direction>& found) {
    if (found) return {tree, TreeState::takes, *found, {}};
    return {tree, state_of(found.error()), {}, in_words(found.error())};
}

}  // namespace

std::string in_words(const util::Error& error) {
    return error.where.empty() ? error.what : fmt::format("{} ({})", error.what, error.where);
}

std::vector<std::string> TreeTries::names(const std::string& wanted) const {
    std::vector<std::string> names;
    if (wanted.starts_with('/') || wanted.starts_with("git:/")) names.push_back(wanted);
    for (const auto& tree : util::value_or_throw(trees_.all())) names.push_back(tree.name);
    return names;
}

std::vector<TreeAnswer> TreeTries::known(const std::string& hash,
                                         const std::vector<std::string>& names) {
    const auto& said = asked_[hash].said;
    std::vector<TreeAnswer> answers;
    for (const auto& name : names) {
        const auto found = said.find(name);
        if (found != said.end())
            answers.push_back(found->second);
        else if (source_->is_at_hand(name))
            answers.push_back({name, TreeState::trying, {}, {}});
        else
            answers.push_back({name, TreeState::not_fetched, {}, "not fetched yet"});
    }
    return answers;
}

void TreeTries::want(const std::string& hash, const std::string& patch,
                     const std::vector<std::string>& names) {
    const auto now = Clock::now();
    auto& asked = asked_[hash];
    if (asked.first == Clock::time_point()) asked.first = now;
    asked.last = now;
    asked.waiting.clear();
    for (const auto& name : names)
        if (!asked.said.contains(name) && source_->is_at_hand(name)) asked.waiting.push_back(name);
    asked.patch = asked.waiting.empty() ? "" : patch;
}

// What is old, what nobody waits for, and of the rest what is too much: asked about longest ago.
void TreeTries::forget_old() {
    const auto now = Clock::now();
    std::erase_if(asked_, [&](const auto& one) { return now - one.second.first > k_remembered; });
    std::vector<std::pair<Clock::time_point, std::string>> all, waiting;
    for (const auto& [hash, asked] : asked_) {
        all.emplace_back(asked.last, hash);
        if (!asked.waiting.empty()) waiting.emplace_back(asked.last, hash);
    }
    std::sort(all.begin(), all.end());
    std::sort(waiting.begin(), waiting.end());
    for (std::size_t i = 0; i < waiting.size(); ++i) {
        if (i + k_most_waiting >= waiting.size() && now - waiting[i].first < k_nobody_asks)
            continue;
        auto& asked = asked_[waiting[i].second];
        asked.waiting.clear();
        asked.patch.clear();
    }
    for (std::size_t i = 0; i + k_most_remembered < all.size(); ++i) asked_.erase(all[i].second);
}

std::optional<TreeTries::Next> TreeTries::next() {
    forget_old();
    const std::pair<const std::string, Asked>* newest = nullptr;
    for (const auto& one : asked_)
        if (!one.second.waiting.empty() &&
            (newest == nullptr || newest->second.last < one.second.last))
            newest = &one;
    if (newest == nullptr) return std::nullopt;
    return Next{newest->first, newest->second.waiting.front(), newest->second.patch};
}

asio::awaitable<void> TreeTries::work() {
    while (auto one = next()) {
        const auto found = co_await source_->try_at_hand(one->tree, std::move(one->patch));
        const auto asked = asked_.find(one->hash);
        if (asked == asked_.end()) continue;  // forgotten meanwhile
        asked->second.said[one->tree] = answer_of(one->tree, found);
        std::erase(asked->second.waiting, one->tree);
    }
    working_ = false;
}

asio::awaitable<std::vector<TreeAnswer>> TreeTries::ask(std::string patch, std::string wanted,
                                                        std::chrono::milliseconds patience) {
    const auto hash = util::sha256_hex(patch);
    const auto all = names(wanted);
    const auto executor = co_await asio::this_coro::executor;
    want(hash, patch, all);
    if (!working_) {
        working_ = true;
        asio::co_spawn(executor, work(), [this](const std::exception_ptr& failure) {
            if (!failure) return;
            working_ = false;
            try {
                std::rethrow_exception(failure);
            } catch (const std::exception& error) {
                spdlog::error("trying a patch on the trees failed: {}", error.what());
            }
        });
    }
    const auto deadline = Clock::now() + patience;
    asio::steady_timer timer(executor);
    while (true) {
        auto answers = known(hash, all);
        const bool done = std::none_of(answers.begin(), answers.end(), [](const TreeAnswer& one) {
            return one.state == TreeState::trying;
        });
        if (done || Clock::now() >= deadline) co_return answers;
        timer.expires_after(k_look_again);
        co_await timer.async_wait(asio::use_awaitable);
    }
}

}  // namespace krepro::pipeline
