// SPDX-License-Identifier: Apache-2.0
#include "build/object_age.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace krepro::build {

namespace fs = std::filesystem;
using Object = ObjectTree::Object;

namespace {

ObjectAges::Time time_of(const fs::path& path, ObjectAges::Time otherwise) {
    std::error_code code;
    const auto time = fs::last_write_time(path, code);
    return code ? otherwise : time;
}

}  // namespace

ObjectAges::ObjectAges(const ObjectTree& tree, fs::path objects, const fs::path& source)
    : objects_(std::move(objects)) {
    times_.reserve(tree.files.size());
    for (std::size_t i = 0; i < tree.files.size(); ++i)
        times_.push_back(
            time_of((tree.in_source[i] ? source : objects_) / tree.files[i], Time::max()));
}

ObjectAges::Time ObjectAges::made(const Object& object) const {
    return time_of(objects_ / object.unit, Time::max());
}

bool ObjectAges::has_newer_option(const Object& object, Time made) {
    return std::any_of(object.options.begin(), object.options.end(), [&](const auto& option) {
        const auto [at, fresh] = options_.try_emplace(option);
        if (fresh) at->second = time_of(objects_ / option, Time::min());
        return at->second > made;
    });
}

bool ObjectAges::is_stale(const Object& object) {
    const auto age = made(object);
    return has_newer_option(object, age) ||
           std::any_of(object.files.begin(), object.files.end(),
                       [&](std::uint32_t file) { return times_[file] > age; });
}

}  // namespace krepro::build
