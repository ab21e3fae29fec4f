// SPDX-License-Identifier: Apache-2.0
#include "pipeline/report_symbols.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "util/clock.hpp"
#include "util/files.hpp"
#include "util/offload.hpp"

namespace krepro::pipeline {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using model::ArmName;
using model::Json;
using model::StoredReport;
using util::Result;

namespace {

// To end a compiler that was asked to.
constexpr std::chrono::seconds k_to_stop{5};
constexpr std::uintmax_t k_largest_source = 16U << 20U;

bool has_lines(const StoredReport& stored) {
    return std::any_of(stored.report.frames.begin(), stored.report.frames.end(),
                       [](const model::Frame& frame) { return frame.file.has_value(); });
}

// A file below the folder, which may hold links that lead out of it.
std::optional<std::string> read_below(const fs::path& folder, const std::string& path) {
    std::error_code code;
    const auto file = fs::canonical(folder / path, code);
    if (code) return std::nullopt;
    const auto root = fs::canonical(folder, code);
    const auto relative = file.lexically_relative(root);
    if (code || relative.empty() || *relative.begin() == "..") return std::nullopt;
    auto text = util::read_file(file, k_largest_source);
    if (!text) return std::nullopt;
    return std::move(*text);
}

const checkout::ArmFile* find_file(const std::vector<checkout::ArmFile>& files,
                                   const std::string& path) {
    const auto found = std::find_if(files.begin(), files.end(), [&](const checkout::ArmFile& file) {
        return file.path == path;
    });
    return found == files.end() ? nullptr : &*found;
}

Json event_of(const StoredReport& stored, const LinesByFrame& lines) {
    Json without = Json::array();
    for (const auto& [query, found] : lines)
        if (found.chain.empty())
            without.push_back({{"function", query.function}, {"why", found.why}});
    const auto with_lines = lines.size() - without.size();
    for (auto& name : frames_of_modules(stored.report))
        without.push_back({{"function", std::move(name)},
                           {"why", "it is in a module, whose binary is not kept"}});
    return {{"report", stored.id},
            {"trial", stored.trial},
            {"arm", model::to_string(stored.arm)},
            {"frames", with_lines + without.size()},
            {"with_lines", with_lines},
            {"without", std::move(without)},
            {"culprit", stored.report.culprit},
            {"culprit_file", stored.report.culprit_file},
            {"subsystem", stored.report.subsystem}};
}

}  // namespace

ReportSymbols::ReportSymbols(const Services& services, Recorder recorder, std::int64_t job)
    : services_(services), recorder_(std::move(recorder)), job_(job) {}

void ReportSymbols::start(checkout::Pair pair, Kernels kernels, asio::any_io_executor executor) {
    pair_ = std::move(pair);
    kernels_ = std::move(kernels);
    wake_ = std::make_unique<asio::steady_timer>(executor);
    ended_ = std::make_unique<asio::steady_timer>(executor);
    running_ = true;
    const auto on_end = [self = shared_from_this(), executor](const std::exception_ptr&) {
        self->running_ = false;
        self->ended_->cancel();
        // The signal must outlive this handler, whose slot is its.
        asio::post(executor, [self] {});
    };
    asio::co_spawn(executor, work(), asio::bind_cancellation_slot(cancel_.slot(), on_end));
}

void ReportSymbols::look() {
    more_ = true;
    if (wake_) wake_->cancel();
}

void ReportSymbols::stop() {
    stopped_ = true;
    look();
    if (running_) cancel_.emit(asio::cancellation_type::terminal);
}

asio::awaitable<void> ReportSymbols::finish(std::chrono::seconds limit) {
    closing_ = true;
    look();
    for (const auto time : {limit, k_to_stop}) {
        if (!running_) co_return;
        ended_->expires_after(time);
        co_await ended_->async_wait(asio::as_tuple(asio::use_awaitable));
        if (running_) stop();
    }
}

asio::awaitable<void> ReportSymbols::work() {
    while (!stopped_) {
        auto stored = co_await next();
        if (stored) {
            co_await try_report(std::move(*stored));
        } else if (!more_) {
            if (closing_) co_return;
            wake_->expires_at(asio::steady_timer::time_point::max());
            co_await wake_->async_wait(asio::as_tuple(asio::use_awaitable));
        }
    }
}

asio::awaitable<std::optional<StoredReport>> ReportSymbols::next() {
    more_ = false;
    const auto read = [job = job_](store::Store& s) { return s.reports(job); };
    auto reports = co_await services_.store->call(read);
    std::erase_if(reports, [this](const StoredReport& stored) {
        return tried_.contains(stored.id) || has_lines(stored);
    });
    if (reports.empty()) co_return std::nullopt;
    auto first = std::find_if(reports.begin(), reports.end(),
                              [](const StoredReport& stored) { return stored.target; });
    if (first == reports.end()) first = reports.begin();
    tried_.insert(first->id);
    more_ = true;
    co_return std::move(*first);
}

asio::awaitable<void> ReportSymbols::try_report(StoredReport stored) {
    const auto id = stored.id;
    std::string why;
    try {
        co_await add_lines_to(std::move(stored));
    } catch (const std::exception& failure) {
        why = failure.what();
    }
    if (!why.empty() && !stopped_)
        recorder_.event("log",
                        {{"text", fmt::format("report {} has no file and line: {}", id, why)}});
}

asio::awaitable<void> ReportSymbols::add_lines_to(StoredReport stored) {
    const auto began = std::chrono::steady_clock::now();
    const auto found = util::value_or_throw(co_await find_lines(stored));
    if (found.lines.empty()) co_return;
    // On the pool, and alone: this coroutine waits, and nothing else reads or writes what it uses.
    const auto annotate_it = [self = shared_from_this(), stored, &found] {
        return self->with_lines(stored, found.lines);
    };
    auto annotated = co_await util::run_on(*services_.pool, annotate_it);
    auto event = event_of(annotated, found.lines);
    event["compiled"] = found.compiled;
    event["wall_s"] = util::seconds_between(began, std::chrono::steady_clock::now());
    co_await keep(std::move(annotated), std::move(event));
}

asio::awaitable<Result<ReportSymbols::Found>> ReportSymbols::find_lines(
    const StoredReport& stored) {
    const auto kernel = kernels_.find(stored.arm);
    build::SymbolRequest request;
    request.frames = frames_to_find(stored.report);
    if (kernel == kernels_.end() || request.frames.empty()) co_return Found{};
    if (!difference_) {
        auto difference = co_await services_.source->difference(pair_);
        if (!difference) co_return tl::unexpected(difference.error());
        difference_ = std::move(*difference);
        changed_[ArmName::unpatched] =
            intake::changed_lines(difference_->diff, intake::DiffSide::before);
        changed_[ArmName::patched] =
            intake::changed_lines(difference_->diff, intake::DiffSide::after);
    }
    request.kernel = kernel->second;
    request.source = pair_.unpatched.source;
    const auto& files =
        stored.arm == ArmName::patched ? difference_->patched : difference_->unpatched;
    for (const auto& file : files) request.files.emplace_back(file.path, file.content);
    request.undisturbed = [source = services_.source, pair = pair_] { return source->is_at(pair); };
    const auto wanted = request.frames;
    auto symbols = co_await services_.symbolizer->symbolize(std::move(request));
    if (!symbols) co_return tl::unexpected(symbols.error());
    Found found;
    found.compiled = symbols->compiled;
    for (std::size_t i = 0; i < wanted.size() && i < symbols->frames.size(); ++i)
        found.lines.emplace(wanted[i], std::move(symbols->frames[i]));
    co_return found;
}

std::optional<std::string> ReportSymbols::read_source(ArmName arm, const std::string& path) const {
    const bool patched = arm == ArmName::patched;
    if (const auto* file = find_file(patched ? difference_->patched : difference_->unpatched, path))
        return file->content;
    if (find_file(patched ? difference_->unpatched : difference_->patched, path) != nullptr)
        return std::nullopt;  // the other arm alone has it
    return read_below(pair_.unpatched.source, path);
}

StoredReport ReportSymbols::with_lines(StoredReport stored, const LinesByFrame& lines) {
    const auto read = [this, arm = stored.arm](const std::string& path) {
        return read_source(arm, path);
    };
    stored.report = annotate(std::move(stored.report), lines, changed_[stored.arm], read);
    if (stored.report.culprit_file.empty()) return stored;
    if (!maintainers_)
        maintainers_ = checkout::Maintainers::parse(read("MAINTAINERS").value_or(std::string()));
    auto care = maintainers_->care_of(stored.report.culprit_file);
    stored.report.subsystem = std::move(care.subsystem);
    stored.report.maintainers = std::move(care.contacts);
    return stored;
}

asio::awaitable<void> ReportSymbols::keep(StoredReport stored, Json event) {
    const auto store = [stored, event](store::Store& s) {
        util::value_or_throw(s.update_report(stored));
        s.add_event(stored.job, "symbols", event);
    };
    co_await services_.store->call(store);
    services_.bus->notify(stored.job);
}

}  // namespace krepro::pipeline
