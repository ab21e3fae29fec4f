// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <filesystem>

#include "build/build_cache.hpp"
#include "build/kernel_builder.hpp"
#include "build/object_audit.hpp"
#include "build/profile.hpp"
#include "build/rebuild_plan.hpp"

namespace krepro::build {

// Of the objects that a build skips, this share is audited.
inline constexpr double k_audit_share = 0.05;

// Builds on this machine, in bubblewrap. One object tree is kept for each tree and profile, so
// that the second arm, and the next patch, compile only what changed.
class LocalKernelBuilder : public KernelBuilder {
  public:
    // `profiles`: the folder with the profile manifests; `cache`: builds/, obj/ and logs go there.
    LocalKernelBuilder(std::filesystem::path profiles, std::filesystem::path cache);

    boost::asio::awaitable<std::optional<BuiltKernel>> find(BuildRequest request) override;
    boost::asio::awaitable<util::Result<BuiltKernel>> build(
        BuildRequest request, std::function<void(const BuildProgress&)> progress) override;

    // Whether objects that a patch does not reach are left as they are. On by default; off: plain
    // make, to measure against.
    enum class Planner { off, on };
    void use(Planner planner) { planner_ = planner == Planner::on; }
    // The share of the skipped objects that is made for real after a build and compared.
    void audit_share(double share) { audit_share_ = share; }
    // Of the last build: what was planned (nothing: the planner was not asked), what was audited.
    [[nodiscard]] const std::optional<RebuildPlan>& last_plan() const { return last_plan_; }
    [[nodiscard]] const std::optional<AuditResult>& last_audit() const { return last_audit_; }

  private:
    struct Session;  // one build under way
    boost::asio::awaitable<util::Result<std::string>> content_key(const BuildRequest& request,
                                                                  const Profile& profile);
    [[nodiscard]] std::filesystem::path objects_of(const std::string& source,
                                                   const std::string& profile) const;
    boost::asio::awaitable<util::Result<void>> make_ready(Session& session);
    boost::asio::awaitable<util::Result<void>> take_stock(Session& session);
    boost::asio::awaitable<util::Result<void>> set_apart(Session& session);
    boost::asio::awaitable<std::string> steering_file(Session& session);
    boost::asio::awaitable<util::Result<void>> distrust(Session& session,
                                                        const std::vector<std::string>& wrong);
    // Of an object tree of which an audit has found the planner wrong: all that was made of it.
    [[nodiscard]] util::Result<void> clear_away(const std::filesystem::path& home,
                                                const BuildRequest& request,
                                                const std::string& profile) const;
    void drop_doubtful(const BuildRequest& request, const std::string& profile) const;
    boost::asio::awaitable<util::Result<void>> configure(Session& session);
    boost::asio::awaitable<util::Result<void>> plan(Session& session);
    boost::asio::awaitable<util::Result<void>> audit(Session& session);
    boost::asio::awaitable<int> expected_objects(const Session& session);
    boost::asio::awaitable<util::Result<void>> compile(Session& session);
    // What make has made is on the disk, and the mark of a build under way can go.
    boost::asio::awaitable<util::Result<void>> settle_files(const Session& session);
    static boost::asio::awaitable<util::Error> explain(const Session& session, std::string output);
    boost::asio::awaitable<util::Result<BuiltKernel>> keep(Session& session);

    std::filesystem::path profiles_;
    std::filesystem::path cache_root_;
    BuildCache cache_;
    boost::asio::thread_pool pool_;  // hashing, copying and scanning
    bool planner_ = true;
    double audit_share_ = k_audit_share;
    std::optional<RebuildPlan> last_plan_;
    std::optional<AuditResult> last_audit_;
    std::string compiler_;  // assembler and linker, as they name themselves; of the last request
};

}  // namespace krepro::build
