// SPDX-License-Identifier: Apache-2.0
// A job's parts one by one, and what jobs used: arms, artifacts, kernels, workloads, hosts.
#include <fmt/format.h>

#include <filesystem>

#include "http/api.hpp"
#include "http/views.hpp"

namespace krepro::http {

namespace asio = boost::asio;
using model::Json;
using util::Error;
using util::ErrorKind;

namespace {

Json build_record(const store::KeptBuild& kept) {
    Json view = build_view(kept.build);
    view["id"] = kept.id;
    view["first_job"] = kept.first_job;
    view["last_job"] = kept.last_job;
    view["links"]["self"] = "/api/v1/builds/" + kept.build.key;
    return view;
}

// Files of a job, each once, in the order in which they came to be.
class FileList {
  public:
    explicit FileList(const store::Artifacts& artifacts) : artifacts_(artifacts) {}

    void add(std::string name, std::string_view type, const std::string& hash) {
        if (hash.empty()) return;
        std::error_code code;
        const auto path = artifacts_.path(hash);
        const auto bytes = path ? std::filesystem::file_size(*path, code) : 0;
        files_.push_back({{"name", std::move(name)},
                          {"hash", hash},
                          {"media_type", type},
                          {"bytes", path && !code ? Json(bytes) : Json(nullptr)},
                          {"link", "/api/v1/artifacts/" + hash}});
    }
    void add(const std::optional<model::Build>& build, std::string_view arm) {
        if (!build) return;
        add(fmt::format("{}/bzImage", arm), "application/octet-stream", build->bzimage);
        add(fmt::format("{}/vmlinux", arm), "application/octet-stream", build->vmlinux);
        add(fmt::format("{}/config", arm), "text/plain", build->config);
    }
    [[nodiscard]] Json take() { return std::move(files_); }

  private:
    const store::Artifacts& artifacts_;
    Json files_ = Json::array();
};

struct Form {
    std::string_view name;
    std::string_view description;
};
constexpr Form k_forms[] = {
    {"verbatim", "The reproducer as the mail or the job gives it."},
    {"amplified", "The same calls, with parameters that make the bug's window wider."},
    {"auto", "Verbatim first, amplified when that does not hit within its share of the budget."},
};

}  // namespace

asio::awaitable<Reply> Api::job_arm(Call call) {
    const auto id = parse_id(call.path_values[0]).value_or(0);
    const auto arm = model::enum_from_string<model::ArmName>(call.path_values[1]);
    const auto parts = co_await services_.store->call([id](store::Store& s) {
        return JobParts{s.job(id), s.trials(id), {}};
    });
    if (!parts.job) co_return error_reply(no_such("job", call.path_values[0]), call.target.path);
    if (!arm)
        co_return error_reply(no_such("arm", call.path_values[1], "arms are unpatched and patched"),
                              call.target.path);
    co_return json_reply(arm_view(*parts.job, parts.trials, *arm));
}

asio::awaitable<Reply> Api::job_artifacts(Call call) {
    const auto id = parse_id(call.path_values[0]).value_or(0);
    const auto parts = co_await services_.store->call([id](store::Store& s) {
        return JobParts{s.job(id), s.trials(id), {}};
    });
    if (!parts.job) co_return error_reply(no_such("job", call.path_values[0]), call.target.path);
    FileList files(*services_.artifacts);
    files.add(parts.job->unpatched_build, "unpatched");
    files.add(parts.job->patched_build, "patched");
    for (const auto& trial : parts.trials) {
        const auto name = fmt::format("{}/trial-{}", model::to_string(trial.arm), trial.number);
        files.add(name + "/console", "text/plain", trial.console);
        files.add(name + "/harness", "text/plain", trial.harness);
    }
    co_return json_reply({{"artifacts", files.take()}});
}

asio::awaitable<Reply> Api::list_builds(Call call) {
    auto known = refuse_unknown_parameters(call.target, {"tree", "profile", "before", "limit"});
    if (!known) co_return error_reply(known.error(), call.target.path);
    const auto page = read_page(call.target);
    if (!page) co_return error_reply(page.error(), call.target.path);
    store::BuildFilter filter;
    filter.tree = call.target.parameter("tree").value_or("");
    filter.profile = call.target.parameter("profile").value_or("");
    filter.before = page->before;
    filter.limit = page->limit;
    const auto select = [filter](store::Store& s) { return s.builds(filter); };
    const auto builds = co_await services_.store->call(select);
    Json list = Json::array();
    for (const auto& build : builds) list.push_back(build_record(build));
    Json next = nullptr;
    if (builds.size() == static_cast<std::size_t>(filter.limit))
        next = next_link(call.target, builds.back().id, filter.limit);
    co_return json_reply({{"builds", std::move(list)}, {"next", std::move(next)}});
}

asio::awaitable<Reply> Api::show_build(Call call) {
    const auto select = [key = call.path_values[0]](store::Store& s) { return s.build(key); };
    const auto build = co_await services_.store->call(select);
    if (!build) co_return error_reply(no_such("build", call.path_values[0]), call.target.path);
    co_return json_reply(build_record(*build));
}

asio::awaitable<Reply> Api::show_profile(Call call) {
    for (const auto& profile : services_.profiles)
        if (profile.name == call.path_values[0]) co_return json_reply(model::to_json(profile));
    co_return error_reply(
        no_such("profile", call.path_values[0], "GET /api/v1/profiles lists them"),
        call.target.path);
}

asio::awaitable<Reply> Api::list_workloads(Call) {
    Json list = Json::array();
    for (const auto& form : k_forms)
        list.push_back({{"name", form.name}, {"description", form.description}});
    co_return json_reply({{"workloads", std::move(list)}, {"max_vcpus", services_.max_vcpus}});
}

asio::awaitable<Reply> Api::list_hosts(Call) {
    const auto view = co_await host_now();
    Json host = host_view(view);
    host["name"] = "local";
    co_return json_reply({{"hosts", Json::array({std::move(host)})}});
}

}  // namespace krepro::http
