// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/json.hpp"

namespace krepro::model {

// `units`: objects of a kernel with debug information; `leftover`: of a krepro that was killed.
enum class CacheKind { kernel, objects, tree, mirror, units, image, leftover };

template <>
struct EnumNames<CacheKind> {
    static constexpr std::array k_names{
        std::pair{CacheKind::kernel, "kernel"},    std::pair{CacheKind::objects, "objects"},
        std::pair{CacheKind::tree, "tree"},        std::pair{CacheKind::mirror, "mirror"},
        std::pair{CacheKind::units, "units"},      std::pair{CacheKind::image, "image"},
        std::pair{CacheKind::leftover, "leftover"}};
};

// One thing that krepro can make again, and keeps so that it need not.
struct CacheItem {
    CacheKind kind = CacheKind::kernel;
    std::string name;  // content key, name of the tree, else of the file or folder
    std::string what;  // in words: release, profile, tree
    std::string path;
    std::uint64_t bytes = 0;  // on the disk
    std::string used_at;      // ISO 8601
    std::string held;         // why it stays whatever its age; empty: it may go

    bool operator==(const CacheItem&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("kind", &CacheItem::kind), field("name", &CacheItem::name),
                               field("what", &CacheItem::what), field("path", &CacheItem::path),
                               field("bytes", &CacheItem::bytes),
                               field("used_at", &CacheItem::used_at),
                               field("held", &CacheItem::held));
    }
};

struct CachePruned {
    std::vector<CacheItem> removed;
    std::uint64_t bytes_before = 0;
    std::uint64_t bytes_after = 0;
    std::vector<std::string> problems;  // what could not be removed, and why

    bool operator==(const CachePruned&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("removed", &CachePruned::removed),
                               field("bytes_before", &CachePruned::bytes_before),
                               field("bytes_after", &CachePruned::bytes_after),
                               field("problems", &CachePruned::problems));
    }
};

// A file whose bytes are not those that were kept.
struct CacheDamage {
    std::string path;
    std::string what;

    bool operator==(const CacheDamage&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("path", &CacheDamage::path),
                               field("what", &CacheDamage::what));
    }
};

struct CacheVerified {
    int kernels = 0;
    int artifacts = 0;
    std::uint64_t bytes = 0;  // read and hashed
    std::vector<CacheDamage> damages;

    bool operator==(const CacheVerified&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(field("kernels", &CacheVerified::kernels),
                               field("artifacts", &CacheVerified::artifacts),
                               field("bytes", &CacheVerified::bytes),
                               field("damages", &CacheVerified::damages));
    }
};

}  // namespace krepro::model
