// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "http/message.hpp"
#include "http/views.hpp"
#include "model/host.hpp"
#include "model/job.hpp"

namespace krepro::http {

// The dashboard's pages as text, for curl, mail and grep: what a mail, a guest or a kernel said is
// without control characters.
[[nodiscard]] std::string jobs_page(const std::vector<model::Job>& summaries);
[[nodiscard]] std::string job_page(const model::Job& job, const std::vector<model::Trial>& trials,
                                   const std::vector<model::StoredReport>& reports);
[[nodiscard]] std::string report_page(const model::StoredReport& stored);
[[nodiscard]] std::string host_page(const HostView& view);
// How to submit without a browser, and what can be named.
[[nodiscard]] std::string submit_page(const std::vector<model::TreeInfo>& trees,
                                      const std::vector<model::ProfileInfo>& profiles);

// The page as an answer.
[[nodiscard]] Reply text_reply(std::string page);

}  // namespace krepro::http
