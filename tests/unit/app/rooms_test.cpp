// SPDX-License-Identifier: Apache-2.0
#include "app/rooms.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "util/sandbox.hpp"

namespace krepro::app {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class Rooms : public testing::Test {
  protected:
    void TearDown() override { util::use_sandboxes(util::Sandboxes::made); }
    static util::Result<void> works() { return {}; }
    static util::Result<void> refused() {
        return util::fail(util::ErrorKind::unavailable,
                          "the sandbox cannot be made: bwrap: No permissions");
    }
    Settings settings_;
};

TEST_F(Rooms, that_can_be_made_are_made_whatever_is_allowed) {
    settings_.allow_unsandboxed = true;
    EXPECT_THAT(settle_sandboxing(settings_, works), IsEmpty());
    EXPECT_EQ(util::sandboxes(), util::Sandboxes::made);
}

TEST_F(Rooms, that_are_refused_end_each_job_where_nobody_has_allowed_to_go_on) {
    EXPECT_THAT(settle_sandboxing(settings_, refused), IsEmpty());
    EXPECT_EQ(util::sandboxes(), util::Sandboxes::made);
}

TEST_F(Rooms, that_are_refused_are_done_without_when_that_is_allowed_and_it_is_said) {
    settings_.allow_unsandboxed = true;
    const auto notice = settle_sandboxing(settings_, refused);
    EXPECT_EQ(util::sandboxes(), util::Sandboxes::refused);
    EXPECT_THAT(notice, HasSubstr("no sandbox"));
    EXPECT_THAT(notice, HasSubstr("bwrap: No permissions"));
    EXPECT_THAT(notice, HasSubstr("--allow-unsandboxed"));
}

}  // namespace
}  // namespace krepro::app
