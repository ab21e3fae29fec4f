// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>

namespace krepro::http {

// What is packed for one answer takes little time; what is packed once and sent to all may take
// more.
enum class Packing { quick, small };

// The bytes of an answer with the tag that names them. Used from the loop's thread only.
class Document {
  public:
    explicit Document(std::string body, Packing packing = Packing::quick);
    [[nodiscard]] const std::string& body() const { return body_; }
    // Weak: the packed form is the same thing in other bytes.
    [[nodiscard]] const std::string& etag() const { return etag_; }
    // The body as a gzip member, made when it is asked for first.
    [[nodiscard]] const std::string& packed() const;

  private:
    std::string body_;
    std::string etag_;
    Packing packing_;
    mutable std::string packed_;
};

// Shared by the cache and the connections that send it: what is being sent stays, whatever the
// cache drops meanwhile.
using SharedDocument = std::shared_ptr<const Document>;

// The documents of the jobs that were asked for last, each with the version of its job at which it
// was read (store::JobVersions): a job that nothing was written of is not read again. Bounded in
// number and bytes.
class DocumentCache {
  public:
    static constexpr std::size_t k_max_documents = 64;
    static constexpr std::size_t k_max_bytes = 8U << 20U;

    // Null when the job's document is not kept, or is older than `version`.
    [[nodiscard]] SharedDocument find(std::int64_t job, std::uint64_t version);
    // `version` was taken before the document was read.
    void keep(std::int64_t job, std::uint64_t version, SharedDocument document);
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

  private:
    struct Kept {
        std::int64_t job;
        std::uint64_t version;
        SharedDocument document;
    };
    using Place = std::list<Kept>::iterator;
    [[nodiscard]] Place place_of(std::int64_t job);
    void drop(Place place);

    std::list<Kept> kept_;  // what was asked for last comes first
    std::size_t bytes_ = 0;
};

}  // namespace krepro::http
