// SPDX-License-Identifier: Apache-2.0
#include "zoo/patch.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>

#include "checkout/apply.hpp"
#include "util/files.hpp"
#include "util/process.hpp"

namespace krepro::zoo {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

asio::awaitable<void> apply(fs::path tree, std::string patch, std::string& complaint) {
    checkout::ApplyRequest request;
    request.tree = tree;
    request.patch = std::move(patch);
    request.mode = checkout::ApplyMode::write;
    request.sandboxing = checkout::Sandboxing::off;
    const auto refused = co_await checkout::apply_patch(request);
    complaint = !refused ? refused.error().to_string() : refused->value_or("");
}

// A tree whose drivers/Makefile begins as the kernel's does.
void make_tree(const fs::path& tree, std::string_view first_folder) {
    fs::create_directories(tree / "drivers");
    util::value_or_throw(util::write_file_atomic(
        tree / "drivers/Makefile",
        "# SPDX-License-Identifier: GPL-2.0\n#\n# Makefile for the Linux kernel device "
        "drivers.\n#\n"
        "# 15 Sep 2000, Christoph Hellwig <hch@infradead.org>\n"
        "# Rewritten to use lists instead of if-statements.\n#\n\nobj-y\t\t\t\t+= " +
            std::string(first_folder) + "\n"));
}

TEST(Patch, git_puts_the_driver_into_any_tree_byte_for_byte) {
    const std::vector<SourceFile> files{{"Makefile", "obj-y += zoo.o\n"},
                                        {"zoo.c", "int a;\n\n\tint b;\n+odd\n"}};
    for (const auto* first : {"irqchip/", "cache/"}) {
        const auto folder = util::value_or_throw(util::TempDir::make("/tmp", "krepro-zoo-test"));
        make_tree(folder.path(), first);
        std::string complaint;
        asio::io_context io;
        asio::co_spawn(io, apply(folder.path(), compose_patch(files).patch, complaint),
                       [](const std::exception_ptr& e) {
                           if (e) std::rethrow_exception(e);
                       });
        io.run();
        EXPECT_EQ(complaint, "");
        for (const auto& file : files)
            EXPECT_EQ(
                util::read_file(folder.path() / "drivers/krepro_zoo" / file.name).value_or(""),
                file.text);
        const auto makefile = util::read_file(folder.path() / "drivers/Makefile").value_or("");
        EXPECT_NE(makefile.find("#\n\nobj-y\t\t\t\t+= krepro_zoo/\nobj-y\t\t\t\t+= " +
                                std::string(first)),
                  std::string::npos)
            << makefile;
    }
}

TEST(Patch, names_every_file_that_it_makes_or_changes) {
    const auto mail = compose_patch({{"a.c", "1\n2\n"}, {"b.h", "3\n"}});
    ASSERT_EQ(mail.files.size(), 3U);
    EXPECT_EQ(mail.files[0].new_path, "drivers/Makefile");
    EXPECT_EQ(mail.files[1].new_path, "drivers/krepro_zoo/a.c");
    EXPECT_EQ(mail.files[1].added, 2);
    EXPECT_EQ(mail.files[2].old_path, "");
}

TEST(Patch, the_driver_is_its_sources_in_order_and_nothing_else) {
    const auto folder = util::value_or_throw(util::TempDir::make("/tmp", "krepro-zoo-test"));
    for (const auto* name : {"z.c", "a.h", "Makefile", "notes.txt", "z.c.orig"})
        util::value_or_throw(util::write_file_atomic(folder.path() / name, name));
    const auto files = read_driver(folder.path());
    ASSERT_TRUE(files);
    std::string names;
    for (const auto& file : *files) names += file.name + " ";
    EXPECT_EQ(names, "Makefile a.h z.c ");
    EXPECT_EQ(read_driver(folder.path() / "none").error().kind, util::ErrorKind::not_found);
}

}  // namespace
}  // namespace krepro::zoo
