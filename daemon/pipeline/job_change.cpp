// SPDX-License-Identifier: Apache-2.0
// What a job is about, when its request leaves that to be found: the tree that takes its patch, the
// commit that it names.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "checkout/tree_book.hpp"
#include "intake/intake.hpp"
#include "pipeline/commit_mail.hpp"
#include "pipeline/job_run.hpp"
#include "pipeline/submit.hpp"
#include "pipeline/tree_tries.hpp"

namespace krepro::pipeline {

namespace asio = boost::asio;
using model::Direction;
using model::TreeTry;
using util::ErrorKind;
using util::fail;
using util::Result;
using util::value_or_throw;

namespace {

std::string say(const TreeTry& one) {
    if (!one.direction) return fmt::format("{}: {}", one.tree, one.why);
    return fmt::format("{} takes it {}", one.tree,
                       *one.direction == Direction::forward ? "as it is" : "in reverse");
}

// Whether this tree takes the job's patch, or has its commit.
asio::awaitable<TreeTry> try_tree(checkout::KernelSource* source, std::string tree, model::Job job,
                                  checkout::Progress tell) {
    TreeTry said{tree, {}, {}};
    Result<Direction> found = Direction::forward;
    if (job.spec.commit.empty()) {
        found = co_await source->try_patch(tree, job.mail.patch, tell);
    } else {
        const auto change = co_await source->find_change(tree, job.spec.commit, tell);
        if (!change) found = tl::unexpected(change.error());
    }
    if (found) {
        said.direction = *found;
    } else {
        said.why = in_words(found.error());
    }
    co_return said;
}

// The first that takes the patch as it is, else the first that has it already.
const TreeTry* best_of(const std::vector<TreeTry>& tried) {
    for (const auto wanted : {Direction::forward, Direction::reverse})
        for (const auto& one : tried)
            if (one.direction == wanted) return &one;
    return nullptr;
}

// Those whose files are here come first and are all tried; the others are fetched one by one, and
// only until one takes the patch.
std::vector<std::string> in_order_of_cost(const std::vector<checkout::Tree>& trees,
                                          const checkout::KernelSource& source) {
    std::vector<std::string> names;
    for (const auto& tree : trees) names.push_back(tree.name);
    std::stable_partition(names.begin(), names.end(),
                          [&](const std::string& name) { return source.is_at_hand(name); });
    return names;
}

util::Error no_tree_takes_it(const std::vector<TreeTry>& tried) {
    std::vector<std::string> all;
    for (const auto& one : tried) all.push_back(say(one));
    return {ErrorKind::invalid_input,
            fmt::format("none of {} known trees takes the patch", tried.size()),
            fmt::format("{}", fmt::join(all, "; ")),
            "name a git repository that does, by its path or with `krepro tree add`"};
}

}  // namespace

asio::awaitable<void> JobRun::choose_tree(checkout::Progress tell) {
    if (job_.spec.tree != checkout::k_auto_tree) co_return;
    const auto trees = value_or_throw(services_.trees.all());
    job_.tried.clear();
    for (const auto& name : in_order_of_cost(trees, *services_.source)) {
        if (best_of(job_.tried) != nullptr && !services_.source->is_at_hand(name)) break;
        auto said = co_await try_tree(services_.source, name, job_, tell);
        tell(say(said));
        job_.tried.push_back(std::move(said));
    }
    const auto* best = best_of(job_.tried);
    if (best == nullptr) {
        co_await save();  // what each tree said stays with the job
        throw util::InfraError(no_tree_takes_it(job_.tried));
    }
    job_.spec.tree = best->tree;
    co_await save();
}

asio::awaitable<void> JobRun::read_commit(checkout::Progress tell) {
    if (!job_.mail.patch.empty()) co_return;  // read before a restart: the hashes are whole
    const auto change = value_or_throw(
        co_await services_.source->find_change(job_.spec.tree, job_.spec.commit, tell));
    // A mail beside the commit tells the story; the patch is the commit's.
    const bool told = !job_.spec.mail.empty();
    job_.mail = value_or_throw(mail_of_change(change, told ? &job_.mail : nullptr));
    if (!told) job_.spec.mail = intake::write_mail(commit_of(change));
    job_.spec.commit = change.before + ".." + change.after;
    job_ = value_or_throw(understand(services_, job_));
    co_await save();
}

asio::awaitable<void> JobRun::check_out_alone(checkout::Progress tell) {
    auto one = value_or_throw(
        co_await services_.source->prepare_one(job_.spec.tree, job_.spec.commit, tell));
    one.arm = model::ArmName::unpatched;
    job_.spec.commit = one.revision;
    job_.unpatched_checkout = one;
    pair_ = {Direction::forward, one, one};
    co_await save();
}

asio::awaitable<void> JobRun::recall_step() {
    if (!is_alone()) co_return;
    const auto read = [id = job_.id](store::Store& s) { return s.steps_up_to(id); };
    steps_ = co_await services_.store->call(read);
    // Tests of other workloads do not add up: it came with the job, and is not tuned anew.
    if (is_later_step()) workloads_[job_.workload->form] = *job_.workload;
}

bool JobRun::is_later_step() const {
    return steps_.size() > 1 && job_.workload;
}

verdict::Plan JobRun::plan() const {
    auto plan = plan_of(job_);
    if (steps_.empty()) return plan;
    plan.alone_hits = steps_.back().hits_wanted;
    plan.alone_exposure = steps_.back().exposure_goal;
    plan.alone_boot_exposure = steps_.back().boot_exposure;
    return plan;
}

}  // namespace krepro::pipeline
