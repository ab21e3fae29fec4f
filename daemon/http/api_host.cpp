// SPDX-License-Identifier: Apache-2.0
// The machine: what it has, what it lacks, what runs on it.
#include "http/api.hpp"
#include "http/text_pages.hpp"
#include "http/views.hpp"

namespace krepro::http {

namespace asio = boost::asio;
using model::Json;

namespace {

constexpr int k_queue_shown = 100;

HostView read_queue(store::Store& s) {
    HostView view;
    view.unfinished = static_cast<std::size_t>(s.count_unfinished());
    view.queue = s.unfinished_summaries(k_queue_shown);
    for (const auto& job : view.queue)
        for (auto& trial : s.trials(job.id))
            if (!trial.outcome) view.running.push_back(std::move(trial));
    return view;
}

}  // namespace

asio::awaitable<HostView> Api::host_now() {
    auto view = co_await services_.store->call(read_queue);
    if (services_.host) view.host = co_await services_.host();
    co_return view;
}

asio::awaitable<Reply> Api::host(Call) {
    const auto view = co_await host_now();
    co_return json_reply(host_view(view));
}

asio::awaitable<Reply> Api::host_text(Call) {
    const auto view = co_await host_now();
    co_return text_reply(host_page(view));
}

asio::awaitable<Reply> Api::list_trees(Call) {
    co_return json_reply({{"trees", model::to_json(services_.trees())}});
}

asio::awaitable<Reply> Api::list_profiles(Call) {
    co_return json_reply({{"profiles", model::to_json(services_.profiles)}});
}

asio::awaitable<Reply> Api::submit_json(Call) {
    co_return json_reply({{"trees", model::to_json(services_.trees())},
                          {"profiles", model::to_json(services_.profiles)},
                          {"defaults", model::to_json(model::JobSpec{})}});
}

asio::awaitable<Reply> Api::submit_text(Call) {
    co_return text_reply(submit_page(services_.trees(), services_.profiles));
}

}  // namespace krepro::http
