// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "app/settings.hpp"
#include "model/json.hpp"

namespace krepro::app {

enum class Health { ok, warning, broken };

// One thing that krepro needs: how it is, and what to do when it is not well.
struct Finding {
    std::string name;
    Health health = Health::ok;
    std::string found;
    std::string mend;  // empty when it is ok

    bool operator==(const Finding&) const = default;
    static constexpr auto fields();
};

// Looks at tools, libvirt, accelerator, sandbox and disk of this machine. Takes a few seconds.
std::vector<Finding> examine(const Settings& settings);

}  // namespace krepro::app

namespace krepro::model {
template <>
struct EnumNames<app::Health> {
    static constexpr std::array k_names{std::pair{app::Health::ok, "ok"},
                                        std::pair{app::Health::warning, "warning"},
                                        std::pair{app::Health::broken, "broken"}};
};
}  // namespace krepro::model

namespace krepro::app {

constexpr auto Finding::fields() {
    return std::make_tuple(
        model::field("name", &Finding::name), model::field("health", &Finding::health),
        model::field("found", &Finding::found), model::field("mend", &Finding::mend));
}

}  // namespace krepro::app
