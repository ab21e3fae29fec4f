// SPDX-License-Identifier: Apache-2.0
#include "zoo/selftest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "build/profile.hpp"
#include "image/image.hpp"
#include "util/files.hpp"
#include "util/offload.hpp"
#include "vm/accelerator.hpp"
#include "zoo/patch.hpp"

namespace krepro::zoo {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using util::value_or_throw;

namespace {

constexpr double k_probe_s = 15;
constexpr int k_attempts = 3;     // at a boot that hangs before the workload
constexpr double k_boot_s = 120;  // for what a boot does beside its bugs, on a loaded host

class Selftest {
  public:
    Selftest(Services services, Wanted wanted, Teller teller)
        : services_(std::move(services)), wanted_(std::move(wanted)), teller_(std::move(teller)) {}

    asio::awaitable<std::vector<Finding>> run() {
        make_folder(services_.work);
        const auto kernel = co_await make_kernel();
        kernel_ = kernel.bzimage;
        for (const BootPlan& plan : plan_boots(without_skipped(kernel.config)))
            co_await raise(plan);
        co_return std::move(findings_);
    }

  private:
    // From here on the kernel exists and does not change.
    asio::awaitable<build::BuiltKernel> make_kernel() {
        const auto patch = compose_patch(value_or_throw(read_driver(services_.driver)));
        const checkout::PatchBase base{wanted_.tree};
        const auto pair =
            value_or_throw(co_await services_.source->prepare(base, patch, teller_.progress));
        if (pair.direction != model::Direction::forward)
            throw util::InfraError({util::ErrorKind::conflict, "the tree has the zoo already",
                                    wanted_.tree, "name a tree without it"});
        build::BuildRequest request{pair.patched, wanted_.profile, {}, {}};
        request.own_patch = true;
        for (const auto& file : patch.files) request.changed_files.push_back(file.new_path);
        if (const auto kept = co_await services_.builder->find(request)) {
            teller_.progress(fmt::format("kernel {} was built before", kept->build.release));
            co_return *kept;
        }
        const auto held = value_or_throw(co_await services_.source->select(pair.patched));
        const std::function<void(const build::BuildProgress&)> tell = build_teller();
        const auto built = value_or_throw(co_await services_.builder->build(request, tell));
        teller_.progress(fmt::format("kernel {}: {} objects in {:.0f} s", built.build.release,
                                     built.build.objects, built.build.wall_s));
        co_return built;
    }

    // The bugs that a kernel with this configuration can show; the others are told at once.
    std::vector<Bug> without_skipped(const fs::path& config) {
        const auto options = value_or_throw(util::read_file(config));
        std::vector<Bug> bugs;
        for (const Bug& bug : wanted_.bugs) {
            const auto lacking = build::unmet(bug.needs, options);
            if (lacking.empty())
                bugs.push_back(bug);
            else
                tell(skip(bug, fmt::format("the kernel of {} lacks {}", wanted_.profile,
                                           fmt::join(lacking, ", "))));
        }
        return bugs;
    }

    void tell(const Finding& finding) {
        findings_.push_back(finding);
        teller_.found(finding);
    }

    std::function<void(const build::BuildProgress&)> build_teller() const {
        return [this, told = std::string()](const build::BuildProgress& progress) mutable {
            constexpr int k_pace = 100;
            if (progress.step == told && progress.objects % k_pace != 0) return;
            told = progress.step;
            teller_.progress(fmt::format("{}: {} of {} objects", progress.step, progress.objects,
                                         progress.expected.value_or(0)));
        };
    }

    asio::awaitable<void> raise(BootPlan plan) {
        const auto boot = co_await boot_spec(plan);
        util::Result<BootRecord> record;
        for (int attempt = 1; attempt <= k_attempts; ++attempt) {
            record = co_await boot_once(boot, plan);
            if (!record) throw util::InfraError(record.error());
            if (record->cancelled)
                throw util::InfraError(
                    {util::ErrorKind::conflict, "the self-test was interrupted", "", ""});
            if (!record->hung_in_boot) break;
            teller_.progress(fmt::format("boot {} of {}: {}", attempt, k_attempts, record->ended));
        }
        for (const Bug& bug : plan.bugs) conclude(bug, *record);
    }

    asio::awaitable<util::Result<BootRecord>> boot_once(vm::BootSpec boot, BootPlan plan) {
        boot.name = fmt::format("{}{}", services_.vm_prefix, ++boots_);
        BootRequest request;
        request.limits.wall_s = k_boot_s + 4 * plan.wait_s;
        request.enough = [&plan](std::string_view console, std::span<const model::Report> reports) {
            return std::all_of(plan.bugs.begin(), plan.bugs.end(), [&](const Bug& bug) {
                return report_of(bug, reports_in(slice_of(console, bug.name), reports)) != nullptr;
            });
        };
        request.cancel = services_.begin_vm();
        const std::shared_ptr<void> guard(nullptr, [this](void*) { services_.end_vm(); });
        request.boot = std::move(boot);
        co_return co_await run_boot(*services_.host, std::move(request));
    }

    asio::awaitable<vm::BootSpec> boot_spec(BootPlan plan) {
        const auto workload = workload_of(plan);
        const auto folder = services_.work / "boot";
        make_folder(folder);
        vm::BootSpec boot;
        boot.kernel = kernel_;
        boot.initramfs = services_.work / "zoo.cpio";
        const auto pack = [this, workload, file = boot.initramfs] {
            const auto parts = value_or_throw(image::find_parts(services_.init));
            image::InitSettings settings;
            settings.iterations = 1;
            const auto bytes = value_or_throw(image::make_initramfs(parts, workload, settings));
            value_or_throw(util::write_file_atomic(file, bytes));
            fs::permissions(file, fs::perms(0644));
        };
        co_await util::run_on(*services_.pool, pack);
        boot.command_line = "console=ttyS0,115200 panic=-1 rootfstype=ramfs";
        if (!plan.command_line.empty()) boot.command_line += " " + plan.command_line;
        boot.vcpus = workload.vcpus;
        boot.memory_mib = workload.memory_mib;
        boot.console = folder / "console.log";
        boot.harness = folder / "harness.log";
        if (services_.accelerator.empty()) co_await choose_accelerator(boot);
        boot.accelerator = services_.accelerator;
        co_return boot;
    }

    asio::awaitable<void> choose_accelerator(vm::BootSpec boot) {
        const auto file = services_.work / "accelerator.json";
        if (const auto text = util::read_file(file))
            if (const auto json = model::parse_json(*text))
                if (const auto known = model::from_json<vm::AcceleratorChoice>(*json);
                    known && known->host == vm::host_fingerprint()) {
                    services_.accelerator = known->accelerator;
                    co_return;
                }
        boot.name = services_.vm_prefix + "probe";
        const auto choice = co_await vm::probe_accelerator(*services_.host, boot, k_probe_s);
        teller_.progress(fmt::format("accelerator: {} ({})", choice.accelerator, choice.why));
        services_.accelerator = choice.accelerator;
        if (choice.tried)
            value_or_throw(
                util::write_file_atomic(file, model::dump_pretty(model::to_json(choice))));
    }

    void conclude(const Bug& bug, const BootRecord& record) {
        const auto slice = slice_of(record.console, bug.name);
        Finding finding{bug.name, bug.kind, false, false, "", "", {}, 0, ""};
        if (slice.begin != slice.end)
            finding = judge(bug, reports_in(slice, record.reports));
        else
            finding.wrong.push_back("it was not raised: " + record.ended);
        finding.wall_s = record.wall_s;
        keep(bug, record, slice);
        tell(finding);
    }

    void keep(const Bug& bug, const BootRecord& record, const Slice& slice) const {
        if (wanted_.keep.empty()) return;
        std::error_code ignored;
        fs::create_directories(wanted_.keep, ignored);
        const auto bytes = slice.begin == slice.end
                               ? record.console
                               : record.console.substr(slice.begin, slice.end - slice.begin);
        value_or_throw(util::write_file_atomic(wanted_.keep / (bug.name + ".log"), bytes));
    }

    static void make_folder(const fs::path& folder) {
        std::error_code code;
        fs::create_directories(folder, code);
        if (code)
            throw util::InfraError({util::ErrorKind::unavailable, code.message(), folder.string(),
                                    "see that the disk of the state folder has room"});
        fs::permissions(folder, fs::perms(0755), code);
    }

    Services services_;
    Wanted wanted_;
    Teller teller_;
    fs::path kernel_;
    std::vector<Finding> findings_;
    int boots_ = 0;
};

}  // namespace

asio::awaitable<std::vector<Finding>> run_selftest(Services services, Wanted wanted,
                                                   Teller teller) {
    Selftest selftest(std::move(services), std::move(wanted), std::move(teller));
    co_return co_await selftest.run();
}

}  // namespace krepro::zoo
