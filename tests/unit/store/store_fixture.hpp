// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include "store/store.hpp"

namespace krepro::store {

inline std::unique_ptr<Store> memory_store() {
    auto store = Store::open(":memory:");
    EXPECT_TRUE(store) << store.error().to_string();
    return std::move(*store);
}

inline model::Job job_titled(const std::string& title) {
    model::Job job;
    job.title = title;
    job.spec.mail = "Subject: " + title;
    job.mail.title = title;
    return job;
}

inline model::Trial trial_of(std::int64_t job, model::ArmName arm) {
    model::Trial trial;
    trial.job = job;
    trial.arm = arm;
    trial.accelerator = "tcg";
    return trial;
}

}  // namespace krepro::store
