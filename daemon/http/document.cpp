// SPDX-License-Identifier: Apache-2.0
#include "http/document.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "http/answer.hpp"

namespace krepro::http {

Document::Document(std::string body, Packing packing)
    : body_(std::move(body)), etag_(etag_of(body_)), packing_(packing) {}

const std::string& Document::packed() const {
    if (packed_.empty()) packed_ = gzip(body_, packing_);
    return packed_;
}

DocumentCache::Place DocumentCache::place_of(std::int64_t job) {
    return std::find_if(kept_.begin(), kept_.end(), [job](const Kept& k) { return k.job == job; });
}

void DocumentCache::drop(Place place) {
    bytes_ -= place->document->body().size();
    kept_.erase(place);
}

SharedDocument DocumentCache::find(std::int64_t job, std::uint64_t version) {
    const auto place = place_of(job);
    if (place == kept_.end()) return nullptr;
    if (place->version != version) {
        drop(place);
        return nullptr;
    }
    kept_.splice(kept_.begin(), kept_, place);
    return place->document;
}

void DocumentCache::keep(std::int64_t job, std::uint64_t version, SharedDocument document) {
    if (const auto old = place_of(job); old != kept_.end()) drop(old);
    // One that would push out most of the others is not worth it.
    if (document->body().size() > k_max_bytes / 4) return;
    bytes_ += document->body().size();
    kept_.push_front({job, version, std::move(document)});
    while (bytes_ > k_max_bytes || kept_.size() > k_max_documents) drop(std::prev(kept_.end()));
}

}  // namespace krepro::http
