// SPDX-License-Identifier: Apache-2.0
// What LocalKernelBuilder knows and thinks of the objects that it builds on.
#include <spdlog/spdlog.h>

#include "build/build_session.hpp"
#include "build/local_builder.hpp"
#include "build/make_output.hpp"
#include "build/object_audit.hpp"
#include "build/object_states.hpp"
#include "build/shadowed.hpp"
#include "build/source_change.hpp"
#include "build/steering.hpp"
#include "util/offload.hpp"

namespace krepro::build {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using util::Result;

namespace {

constexpr std::string_view k_once = ".once-";

bool holds_nothing(const fs::path& folder) {
    std::error_code code;
    return fs::is_empty(folder, code) && !code;
}

// Copies that a killed build of this object tree left; the caller holds its lock.
void remove_leftovers(const fs::path& home) {
    const auto prefix = std::string(k_once) + home.filename().string();
    std::vector<fs::path> leftovers;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(home.parent_path(), code))
        if (entry.path().filename().string().starts_with(prefix)) leftovers.push_back(entry.path());
    for (const auto& path : leftovers) fs::remove_all(path, code);
}

// The files of the build's programs in a commit of the tree, as a build of it told them.
struct Programs {
    std::string revision;
    std::set<std::string> files;
};

Programs read_programs(const fs::path& file) {
    Programs programs;
    const auto text = util::read_file(file, 1U << 20U);
    for (std::size_t at = 0; text && at < text->size();) {
        const auto end = std::min(text->find('\n', at), text->size());
        auto line = text->substr(at, end - at);
        at = end + 1;
        if (programs.revision.empty())
            programs.revision = std::move(line);
        else
            programs.files.insert(std::move(line));
    }
    return programs;
}

Result<void> write_programs(const fs::path& file, const Programs& programs) {
    std::string text = programs.revision + "\n";
    for (const auto& name : programs.files) text += name + "\n";
    return util::write_file_atomic(file, text);
}

}  // namespace

// Objects of which is known what they are of, in a place that this patch may write to.
asio::awaitable<Result<void>> LocalKernelBuilder::make_ready(Session& session) {
    auto done = co_await take_stock(session);
    if (done) done = co_await set_apart(session);
    if (!done) co_return done;
    std::error_code code;
    fs::create_directories(session.compiler_cache(), code);
    const auto give = [&session] {
        if (const int count = remove_shadowed(session.objects, session.changed); count > 0)
            spdlog::info("{} files may include a new one in another's place", count);
        session.names = names_below(session.request.checkout.source);
        auto given = util::give_to_sandbox_user(session.objects);
        if (given) given = util::give_to_sandbox_user(session.compiler_cache());
        // Of what is half-written from here on, when this build is killed.
        return given ? util::write_file_atomic(session.making_file(), "") : given;
    };
    co_return co_await util::run_on(pool_, give);
}

// Finds what changed since the objects were made. Where that cannot be told there are no objects
// any more: times alone prove nothing of files that were put there anew.
asio::awaitable<Result<void>> LocalKernelBuilder::take_stock(Session& session) {
    const auto clear_up = [&session, this]() -> Result<void> {
        if (const int count = remove_newer_files(session.home, session.making_file()); count > 0)
            spdlog::warn("{} files of a build that was killed are made again", count);
        if (!is_quarantine_open(session.home)) return {};
        return clear_away(session.home, session.request, session.profile.name);
    };
    if (auto cleared = co_await util::run_on(pool_, clear_up); !cleared) co_return cleared;
    const auto& checkout = session.request.checkout;
    const auto states = read_states(session.home);
    std::string why = states.empty() ? "it is not known what they were made from" : "";
    if (read_toolchain(session.home) != session.compiler) why = "other programs made them";
    for (const auto& state : states) {
        if (!why.empty()) break;
        auto changed = co_await source_change(checkout.source, state, checkout.content);
        if (!changed) {
            why = changed.error().to_string();
            break;
        }
        session.changed.insert(session.changed.end(), changed->begin(), changed->end());
    }
    std::error_code code;
    session.first = !fs::exists(session.home / "vmlinux", code);
    if (why.empty()) co_return Result<void>{};
    session.fresh = session.first = true;
    session.changed.clear();
    if (!holds_nothing(session.home)) spdlog::warn("all objects are made anew: {}", why);
    const auto empty = [&session]() -> Result<void> {
        if (read_toolchain(session.home) != session.compiler) {
            std::error_code kept;
            fs::remove_all(session.compiler_cache(), kept);  // it knows the compiler alone
            if (kept)
                return util::fail(util::ErrorKind::unavailable, kept.message(),
                                  session.compiler_cache().string(), "remove the folder");
        }
        auto done = empty_objects(session.home);
        return done ? set_toolchain(session.home, session.compiler) : done;
    };
    co_return co_await util::run_on(pool_, empty);
}

// A patch of what runs in a build has a copy of the objects to itself, which goes when its kernel
// is kept: it could give them times, or the compilers' place, as it likes.
asio::awaitable<Result<void>> LocalKernelBuilder::set_apart(Session& session) {
    remove_leftovers(session.home);
    const auto file = co_await steering_file(session);
    if (file.empty()) co_return Result<void>{};
    spdlog::info("built in a copy of the objects: {}", file);
    const auto name = session.home.filename().string();
    auto once = util::TempDir::make(session.home.parent_path(), std::string(k_once) + name + "-");
    if (!once) co_return tl::unexpected(once.error());
    std::error_code code;
    fs::permissions(once->path(), fs::perms(0755), code);  // the sandbox's user goes through it
    session.objects = once->path() / name;
    session.once = std::move(*once);
    if (session.fresh) {
        fs::create_directory(session.objects, code);
        co_return Result<void>{};
    }
    util::ProcessSpec copy;
    copy.argv = {"cp",
                 "-a",
                 "--reflink=auto",
                 session.home.string(),
                 session.home.string() + ".states",
                 session.once->path().string()};
    const auto copied = co_await util::run_checked(std::move(copy));
    if (!copied) co_return tl::unexpected(copied.error());
    co_return Result<void>{};
}

// Which file of the patch may run in the build, or why it is not known that none does; empty: none.
asio::awaitable<std::string> LocalKernelBuilder::steering_file(Session& session) {
    if (session.request.own_patch) co_return std::string();
    const auto& checkout = session.request.checkout;
    const auto patch = co_await source_change(checkout.source, checkout.revision, checkout.content);
    if (!patch) co_return patch.error().to_string();
    if (patch->empty()) co_return std::string();  // a state of the tree's own
    auto programs = read_programs(session.programs_file());
    if (programs.revision != checkout.revision) {
        // The objects can tell when the last build went well and no program has changed since.
        const auto states = read_states(session.home);
        if (session.first || states.size() != 1)
            co_return std::string("no build has told what its programs are made of");
        const auto look = [&session, &checkout] {
            return Programs{checkout.revision, files_of_programs(session.home, checkout.source)};
        };
        programs = co_await util::run_on(pool_, look);
        const auto since =
            co_await source_change(checkout.source, states.front(), checkout.revision);
        if (!since) co_return since.error().to_string();
        if (auto file = first_that_steers(*since, programs.files); !file.empty()) co_return file;
        const auto kept = write_programs(session.programs_file(), programs);
        if (!kept) co_return kept.error().to_string();
    }
    co_return first_that_steers(*patch, programs.files);
}

// Proof, not hope: some of the objects that were skipped are made for real. One that differs, and
// the planner is trusted with this tree no more.
asio::awaitable<Result<void>> LocalKernelBuilder::audit(Session& session) {
    const bool skipped = session.plan && session.plan->hard.empty() &&
                         !session.plan->skipped.empty() && audit_share_ > 0;
    if (!skipped) co_return Result<void>{};
    session.step("auditing");
    auto work = util::TempDir::make(cache_root_, ".audit");
    if (!work) co_return tl::unexpected(work.error());
    AuditRequest request{session.request.checkout.source, session.objects, work->path(),
                         sample(session.plan->skipped, audit_share_)};
    const auto found = co_await audit_objects(std::move(request), pool_);
    if (!found) co_return tl::unexpected(found.error());
    last_audit_ = *found;
    session.audit = found->mismatches.empty() ? "clean" : "mismatch";
    spdlog::info("audit: {} skipped objects compared, {} differ", found->compared,
                 found->mismatches.size());
    if (found->mismatches.empty()) co_return Result<void>{};
    co_return co_await distrust(session, found->mismatches);
}

// An object that was skipped is not what it should be. No object of the tree is believed any more,
// and no kernel that was made of such objects.
asio::awaitable<Result<void>> LocalKernelBuilder::distrust(Session& session,
                                                           const std::vector<std::string>& wrong) {
    std::string text;
    for (const auto& mismatch : wrong) text += mismatch + "\n";
    spdlog::error("the planner was wrong, and is not used for this tree again: {}", text);
    session.plan.reset();
    session.plain_reason = "an audit found: " + wrong.front();
    const bool apart = session.once.has_value();  // its programs may have made what was found
    const auto clear = [&session, &text, this, apart]() -> Result<void> {
        if (apart) {
            // No quarantine on its word, but nothing of these objects is handed out either.
            drop_doubtful(session.request, session.profile.name);
            auto emptied = empty_objects(session.home);
            return emptied ? empty_objects(session.objects) : emptied;
        }
        // Before anything else, so that who finds this cut short goes on with it; and should the
        // disk be full, what is wrong goes all the same.
        const auto begun = begin_quarantine(session.home, text);
        const auto cleared = clear_away(session.home, session.request, session.profile.name);
        return begun ? cleared : begun;
    };
    auto done = co_await util::run_on(pool_, clear);
    if (done) done = co_await configure(session);
    if (done) done = co_await compile(session);
    co_return done;
}

// The kernels first: they are what is handed out.
Result<void> LocalKernelBuilder::clear_away(const fs::path& home, const BuildRequest& request,
                                            const std::string& profile) const {
    drop_doubtful(request, profile);
    auto done = empty_objects(home);
    return done ? end_quarantine(home) : done;
}

void LocalKernelBuilder::drop_doubtful(const BuildRequest& request,
                                       const std::string& profile) const {
    const auto doubtful = [&](const model::Build& build) {
        return build.tree == request.checkout.tree && build.profile == profile &&
               build.plain != k_no_objects;
    };
    if (const int dropped = cache_.drop(doubtful); dropped > 0)
        spdlog::warn("{} kernels that may be wrong are dropped", dropped);
}

}  // namespace krepro::build
