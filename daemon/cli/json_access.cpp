// SPDX-License-Identifier: Apache-2.0
#include "cli/json_access.hpp"

#include <algorithm>

namespace krepro::cli {

const model::Json& at(const model::Json& json, std::string_view path) {
    static const model::Json k_nothing;
    const auto* here = &json;
    while (!path.empty()) {
        const auto end = std::min(path.find('.'), path.size());
        if (!here->is_object()) return k_nothing;
        const auto found = here->find(std::string(path.substr(0, end)));
        if (found == here->end()) return k_nothing;
        here = &*found;
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return *here;
}

std::string text_at(const model::Json& json, std::string_view path) {
    const auto& value = at(json, path);
    return value.is_string() ? value.get<std::string>() : std::string();
}

double number_at(const model::Json& json, std::string_view path) {
    const auto& value = at(json, path);
    return value.is_number() ? value.get<double>() : 0;
}

std::int64_t integer_at(const model::Json& json, std::string_view path) {
    const auto& value = at(json, path);
    return value.is_number_integer() ? value.get<std::int64_t>() : 0;
}

bool flag_at(const model::Json& json, std::string_view path) {
    const auto& value = at(json, path);
    return value.is_boolean() && value.get<bool>();
}

}  // namespace krepro::cli
