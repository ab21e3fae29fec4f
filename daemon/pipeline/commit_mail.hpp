// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>

#include "checkout/checkout.hpp"
#include "checkout/tree_book.hpp"
#include "intake/intake.hpp"
#include "model/job.hpp"
#include "model/mail.hpp"
#include "util/result.hpp"

namespace krepro::pipeline {

[[nodiscard]] intake::Commit commit_of(const checkout::Change& change);

// What a commit says as a mail. A `story` that is not null tells everything in its place but the
// patch.
[[nodiscard]] util::Result<model::Mail> mail_of_change(const checkout::Change& change,
                                                       const model::Mail* story);

// The mail of a job that names a commit, before the job is there: by what is on this machine, as
// nothing is fetched to answer. `not_found` when no tree that is here has the commit. `source`
// outlives the call.
boost::asio::awaitable<util::Result<model::Mail>> commit_at_hand(checkout::KernelSource* source,
                                                                 checkout::TreeBook trees,
                                                                 model::JobSpec spec);

}  // namespace krepro::pipeline
