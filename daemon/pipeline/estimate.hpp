// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "model/job.hpp"
#include "model/preview.hpp"
#include "store/async_store.hpp"

namespace krepro::pipeline {

// A job that is not there yet.
struct Outlook {
    model::JobSpec spec;  // tree, profile, form, confidence, budget and script count
    model::Mail mail;
    std::vector<model::TreeAnswer> answers;  // of the trees, to its patch
    int cpus = 1;                            // for what is not on record
};

// Of the jobs on record: those that are done, on one tree with one profile, newest first, some ten
// at most. Runs on the store's thread.
[[nodiscard]] std::vector<model::Job> jobs_like(store::Store& store, const std::string& tree,
                                                const std::string& profile);

// The tree that a job is for: the one it names, or of those that take the patch the one that it
// would choose. Empty: none is known to take it.
[[nodiscard]] std::string tree_of(const Outlook& outlook);

// How long such a job takes, by jobs like it, and by what is assumed where none is. Pure.
[[nodiscard]] model::Estimate estimate(const Outlook& outlook, const std::vector<model::Job>& like);

// The same, with what the store has.
boost::asio::awaitable<model::Estimate> estimate_from(store::AsyncStore* store, Outlook outlook);

}  // namespace krepro::pipeline
