// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "intake/intake.hpp"
#include "util/files.hpp"

namespace krepro::intake {

// A whole small diff.
inline const std::string k_diff =
    "diff --git a/kernel/fork.c b/kernel/fork.c\n"
    "index d2e12b6..f811497 100644\n"
    "--- a/kernel/fork.c\n"
    "+++ b/kernel/fork.c\n"
    "@@ -10,4 +10,5 @@ static int dup_mm(struct task_struct *tsk)\n"
    " \tone();\n"
    "-\ttwo();\n"
    "+\tthree();\n"
    "+\tfour();\n"
    " \tfive();\n"
    " }\n";

// A hunk for kernel/fork.c with these lines.
inline std::string diff_with_hunk(std::string_view hunk) {
    return "diff --git a/kernel/fork.c b/kernel/fork.c\n--- a/kernel/fork.c\n"
           "+++ b/kernel/fork.c\n" +
           std::string(hunk);
}

inline model::Mail read_ok(std::string_view bytes) {
    auto mail = read_mail(bytes);
    EXPECT_TRUE(mail) << mail.error().to_string();
    return mail ? *mail : model::Mail{};
}

inline util::Error read_error(std::string_view bytes) {
    auto mail = read_mail(bytes);
    EXPECT_FALSE(mail) << "was read as \"" << mail->title << "\"";
    return mail ? util::Error{} : mail.error();
}

inline std::string seed_mail() {
    auto text = util::read_file(KREPRO_SOURCE_DIR "/patches/seed/mail.txt");
    EXPECT_TRUE(text);
    return text.value_or("");
}

}  // namespace krepro::intake
