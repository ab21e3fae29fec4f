// SPDX-License-Identifier: Apache-2.0
#include "http/webhooks.hpp"

#include <utility>

namespace krepro::http {

Webhooks::Webhooks(store::AsyncStore* store, store::EventBus* bus, WebhookOptions options)
    : options_(std::move(options)) {
    if (options_.url.empty() && options_.secret_file.empty()) return;
    webhook_ = util::value_or_throw(Webhook::make(options_));
    const Teller::Parts parts{store, bus, &*webhook_, &options_};
    if (!options_.url.empty()) tellers_.emplace_back(parts, Teller::To::daemons_receiver);
    tellers_.emplace_back(parts, Teller::To::jobs_receivers);
}

void Webhooks::stop() {
    for (auto& teller : tellers_) teller.stop();
}

}  // namespace krepro::http
