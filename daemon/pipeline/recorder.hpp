// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <string>

#include "pipeline/services.hpp"

namespace krepro::pipeline {

// Writes to the history of one job from places that cannot wait (callbacks of a running trial or
// build). The store's thread takes everything in order, so what is written here is there before
// anything that is awaited later.
class Recorder {
  public:
    Recorder(boost::asio::any_io_executor executor, const Services& services, std::int64_t job)
        : executor_(std::move(executor)), services_(&services), job_(job) {}

    void event(const std::string& type, model::Json data) const;
    void report(const model::StoredReport& report) const;

  private:
    boost::asio::any_io_executor executor_;
    const Services* services_;
    std::int64_t job_;
};

}  // namespace krepro::pipeline
