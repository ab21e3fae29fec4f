// SPDX-License-Identifier: Apache-2.0
// The symbolizer on a tree like a kernel's: three units that gcc compiles by the lines of .cmd
// files, linked into a vmlinux.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "build/kernel_image.hpp"
#include "build/local_symbolizer.hpp"
#include "util/files.hpp"

namespace krepro::build {
namespace {

namespace fs = std::filesystem;

constexpr const char* k_header =
    "extern int counter;\n"
    "extern void sink(int);\n"
    "static inline __attribute__((always_inline)) void put(int x)\n"
    "{\n"
    "\tif (--counter == x)\n"
    "\t\tsink(x);\n"
    "}\n";

constexpr const char* k_one =
    "#include \"put.h\"\n"
    "int counter = 7;\n"
    "static __attribute__((noinline)) int helper(int x)\n"
    "{\n"
    "\tsink(x + 1);\n"
    "\treturn counter;\n"
    "}\n"
    "int __attribute__((weak, noinline)) hook(int x)\n"
    "{\n"
    "\tsink(x + 9);\n"
    "\treturn 1;\n"
    "}\n"
    "int outer(int x)\n"
    "{\n"
    "\tint y = helper(x);\n"
    "\tput(y);\n"
    "\treturn y + counter;\n"
    "}\n"
    "#include \"shared.c\"\n"
    "int third(int x)\n"
    "{\n"
    "\treturn shared(x) + 3;\n"
    "}\n";

// Included by two units, as kernel/locking/rtmutex.c is.
constexpr const char* k_shared =
    "static __attribute__((noinline)) int shared(int x)\n"
    "{\n"
    "\tsink(x + 2);\n"
    "\treturn counter;\n"
    "}\n";

// The same name, local, elsewhere.
constexpr const char* k_two =
    "#include \"put.h\"\n"
    "static __attribute__((noinline)) int helper(int x)\n"
    "{\n"
    "\tput(x);\n"
    "\tsink(x * 3);\n"
    "\tsink(x * 5);\n"
    "\tsink(x * 7);\n"
    "\tsink(x * 9);\n"
    "\tsink(x * 11);\n"
    "\treturn counter * x;\n"
    "}\n"
    "int second(int x)\n"
    "{\n"
    "\treturn helper(x) + 1;\n"
    "}\n"
    "int hook(int x)\n"
    "{\n"
    "\tsink(x + 9);\n"
    "\treturn 1;\n"
    "}\n"
    "#include \"shared.c\"\n"
    "int fourth(int x)\n"
    "{\n"
    "\treturn shared(x) + 4;\n"
    "}\n";

constexpr const char* k_entry =
    "\t.section .note.GNU-stack,\"\",@progbits; .text\n"
    "\t.globl _start\n"
    "\t.type _start, @function\n"
    "_start:\n"
    "\tmovl $1, %edi\n"
    "\tcall outer\n"
    "\tcall second\n"
    "\tret\n"
    "\t.size _start, .-_start\n"
    "\t.globl sink\n"
    "\t.type sink, @function\n"
    "sink:\n"
    "\tret\n"
    "\t.size sink, .-sink\n";

class SymbolizerOnDisk : public testing::Test {
  protected:
    void SetUp() override {
        fs::permissions(folder_.path(), fs::perms(0755));  // what is bound must be reachable
        write(source() / "kernel/put.h", k_header);
        write(source() / "kernel/shared.c", k_shared);
        write(source() / "kernel/one.c", k_one);
        write(source() / "lib/two.c", k_two);
        write(source() / "arch/entry.S", k_entry);
        for (const auto& [unit, file] : units()) make(unit, file);
        fs::create_directories(kept());
        run(fmt::format("cd {} && ld -o {} kernel/one.o lib/two.o arch/entry.o", objects().string(),
                        (kept() / "vmlinux").string()));
    }

    [[nodiscard]] fs::path source() const { return folder_.path() / "source"; }
    [[nodiscard]] fs::path objects() const { return folder_.path() / "obj"; }
    [[nodiscard]] fs::path kept() const { return folder_.path() / "builds" / "key"; }
    static std::vector<std::pair<std::string, std::string>> units() {
        return {{"kernel/one", "kernel/one.c"},
                {"lib/two", "lib/two.c"},
                {"arch/entry", "arch/entry.S"}};
    }

    static void write(const fs::path& path, const std::string& text) {
        fs::create_directories(path.parent_path());
        std::ofstream(path) << text;
    }
    static void run(const std::string& command) {
        ASSERT_EQ(std::system(command.c_str()), 0) << command;
    }
    // Compiles as kbuild does, and keeps the line as it does.
    void make(const std::string& unit, const std::string& file) const {
        const fs::path object = unit + ".o";
        fs::create_directories((objects() / object).parent_path());
        const auto dependencies = object.parent_path() / ("." + object.filename().string() + ".d");
        const auto command = fmt::format(
            "gcc -Wp,-MMD,{} -O2 -fno-pic -fcf-protection=none -fno-asynchronous-unwind-tables "
            "-fno-optimize-sibling-calls -I{} -c -o {} {} ",
            dependencies.string(), (source() / "kernel").string(), object.string(),
            (source() / file).string());
        run(fmt::format("cd {} && {}", objects().string(), command));
        write(objects() / object.parent_path() / ("." + object.filename().string() + ".cmd"),
              fmt::format("cmd_{} := {}\n\nsource_{} := x\n", object.string(), command,
                          object.string()));
    }

    static bool begins_function(const KernelImage& kernel, std::uint64_t address) {
        for (const auto* name : {"sink", "helper", "outer", "second", "hook"})
            for (const auto& found : kernel.functions(name))
                if (found.address == address) return true;
        return false;
    }

    // The frame of the nth call in a function: offset as a trace has it, behind the call.
    [[nodiscard]] FrameQuery call_in(const std::string& function, int nth,
                                     const std::string& file = "") const {
        const auto kernel = util::value_or_throw(KernelImage::open(kept() / "vmlinux"));
        for (const auto& found : kernel.functions(function)) {
            if (!file.empty() && found.file != file) continue;
            const auto code = *kernel.code(found.address, found.size);
            for (std::size_t at = 0; at + 5 <= code.size(); ++at) {
                std::int32_t distance = 0;
                std::memcpy(&distance, code.data() + at + 1, sizeof distance);
                const auto target = found.address + at + 5 + static_cast<std::uint64_t>(distance);
                // That byte may be a part of any instruction: only a call leads to a function.
                if (code[at] != '\xe8' || !begins_function(kernel, target)) continue;
                if (nth-- == 0) return {function, at + 5, found.size, false};
            }
        }
        ADD_FAILURE() << "no such call in " << function;
        return {};
    }

    [[nodiscard]] SymbolRequest request(std::vector<FrameQuery> frames) const {
        SymbolRequest request;
        request.kernel.build.key = "key";
        request.kernel.vmlinux = kept() / "vmlinux";
        request.kernel.objects = objects();
        request.source = source();
        request.frames = std::move(frames);
        return request;
    }

    [[nodiscard]] util::Result<Symbols> symbolize(SymbolRequest wanted) const {
        boost::asio::io_context io;
        LocalSymbolizer symbolizer(folder_.path() / "debug",
                                   fs::path(KREPRO_BINARY_DIR) / "bin" / "krepro");
        util::Result<Symbols> result;
        std::exception_ptr failure;
        boost::asio::co_spawn(io, symbolizer.symbolize(std::move(wanted)),
                              [&](std::exception_ptr error, util::Result<Symbols> symbols) {
                                  failure = error;
                                  result = std::move(symbols);
                              });
        io.run();
        if (failure) std::rethrow_exception(failure);
        return result;
    }

    util::TempDir folder_ =
        util::value_or_throw(util::TempDir::make(fs::temp_directory_path(), "krepro-symbols"));
};

TEST_F(SymbolizerOnDisk, frames_get_the_line_of_their_call_and_what_is_inlined_there) {
    const auto symbols = symbolize(request({call_in("outer", 0), call_in("outer", 1)}));
    ASSERT_TRUE(symbols) << symbols.error().to_string();
    const std::vector<SourcePlace> plain{{"outer", "kernel/one.c", 15, "kernel/one.c", 13}};
    EXPECT_EQ(symbols->frames.at(0).chain, plain) << symbols->frames.at(0).why;
    const std::vector<SourcePlace> inlined{{"put", "kernel/put.h", 6, "kernel/put.h", 3},
                                           {"outer", "kernel/one.c", 16, "kernel/one.c", 13}};
    EXPECT_EQ(symbols->frames.at(1).chain, inlined) << symbols->frames.at(1).why;
    EXPECT_EQ(symbols->compiled, 1);
}

TEST_F(SymbolizerOnDisk, local_functions_of_one_name_are_told_apart) {
    const auto symbols =
        symbolize(request({call_in("helper", 0, "one.c"), call_in("helper", 0, "two.c")}));
    ASSERT_TRUE(symbols) << symbols.error().to_string();
    ASSERT_EQ(symbols->frames.at(0).chain.size(), 1U) << symbols->frames.at(0).why;
    EXPECT_EQ(symbols->frames.at(0).chain[0].file, "kernel/one.c");
    EXPECT_EQ(symbols->frames.at(0).chain[0].line, 5);
    ASSERT_EQ(symbols->frames.at(1).chain.size(), 1U) << symbols->frames.at(1).why;
    EXPECT_EQ(symbols->frames.at(1).chain[0].file, "lib/two.c");
    EXPECT_EQ(symbols->frames.at(1).chain[0].line, 5);
}

TEST_F(SymbolizerOnDisk, functions_that_only_an_address_tells_apart_have_the_line_they_agree_on) {
    auto shared = call_in("shared", 0);
    auto helper = call_in("helper", 0, "one.c");
    for (auto* frame : {&shared, &helper}) frame->size = 0;  // which then tells nothing apart
    const auto symbols = symbolize(request({shared, helper}));
    ASSERT_TRUE(symbols) << symbols.error().to_string();
    const std::vector<SourcePlace> place{{"shared", "kernel/shared.c", 3, "kernel/shared.c", 1}};
    EXPECT_EQ(symbols->frames.at(0).chain, place) << symbols->frames.at(0).why;
    EXPECT_TRUE(symbols->frames.at(1).chain.empty());
    EXPECT_NE(symbols->frames.at(1).why.find("several functions"), std::string::npos)
        << symbols->frames.at(1).why;
    EXPECT_EQ(symbols->compiled, 2);
}

// One unit of the two could not be made again: what the other says is not the frame's line.
TEST_F(SymbolizerOnDisk, one_of_two_functions_does_not_speak_for_both) {
    auto shared = call_in("shared", 0);
    shared.size = 0;
    fs::remove(objects() / "lib/.two.o.cmd");
    const auto symbols = symbolize(request({shared}));
    ASSERT_TRUE(symbols) << symbols.error().to_string();
    EXPECT_TRUE(symbols->frames.at(0).chain.empty());
    EXPECT_FALSE(symbols->frames.at(0).why.empty());
}

// Both have the same code, and the weak one's unit is the kernel's too.
TEST_F(SymbolizerOnDisk, a_weak_function_is_not_taken_for_the_one_that_runs) {
    const auto frame = call_in("hook", 0);
    const auto symbols = symbolize(request({call_in("outer", 0), frame}));
    ASSERT_TRUE(symbols) << symbols.error().to_string();
    ASSERT_EQ(symbols->frames.at(1).chain.size(), 1U) << symbols->frames.at(1).why;
    EXPECT_EQ(symbols->frames.at(1).chain[0].file, "lib/two.c");
    fs::remove(objects() / "lib/.two.o.cmd");
    fs::remove_all(folder_.path() / "debug");
    const auto weak_only = symbolize(request({call_in("outer", 0), frame}));
    ASSERT_TRUE(weak_only) << weak_only.error().to_string();
    EXPECT_FALSE(weak_only->frames.at(0).chain.empty());
    EXPECT_TRUE(weak_only->frames.at(1).chain.empty());
}

TEST_F(SymbolizerOnDisk, assembly_has_lines_too) {
    const auto symbols = symbolize(request({call_in("_start", 1)}));
    ASSERT_TRUE(symbols) << symbols.error().to_string();
    ASSERT_FALSE(symbols->frames.at(0).chain.empty()) << symbols->frames.at(0).why;
    EXPECT_EQ(symbols->frames.at(0).chain.back().file, "arch/entry.S");
    EXPECT_EQ(symbols->frames.at(0).chain.back().line, 7);
}

TEST_F(SymbolizerOnDisk, what_was_made_once_is_not_made_again) {
    ASSERT_EQ(symbolize(request({call_in("outer", 0)}))->compiled, 1);
    const auto again = symbolize(request({call_in("outer", 1)}));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->compiled, 0);
    EXPECT_FALSE(again->frames.at(0).chain.empty());
}

TEST_F(SymbolizerOnDisk, a_unit_whose_code_differs_gives_no_lines) {
    const auto frames = std::vector{call_in("outer", 0), call_in("second", 0)};
    struct Row {
        const char* what;
        const char* from;
        const char* to;
    };
    for (const auto& row : {Row{"another instruction", "y + counter", "y - counter"},
                            Row{"another function of the unit", "x + 1", "x + 2"},
                            Row{"another target of a call", "sink(x + 1)", "second(x + 1)"}}) {
        std::string text = k_one;
        text.replace(text.find(row.from), std::string(row.from).size(), row.to);
        write(source() / "kernel/one.c", text);
        fs::remove_all(folder_.path() / "debug");
        const auto symbols = symbolize(request(frames));
        ASSERT_TRUE(symbols) << symbols.error().to_string();
        EXPECT_TRUE(symbols->frames.at(0).chain.empty()) << row.what;
        EXPECT_NE(symbols->frames.at(0).why.find("is not what the kernel runs"), std::string::npos)
            << symbols->frames.at(0).why;
        EXPECT_FALSE(symbols->frames.at(1).chain.empty()) << row.what;
    }
}

TEST_F(SymbolizerOnDisk, an_arms_own_files_are_read_in_place_of_the_trees) {
    auto wanted = request({call_in("outer", 0)});
    // On disk is the other arm: other code, and everything two lines further down.
    std::string other = k_one;
    other.replace(other.find("y + counter"), 11, "y - counter");
    write(source() / "kernel/one.c", "\n\n" + other);
    wanted.files = {{"kernel/one.c", k_one}, {"kernel/gone.c", "int gone;\n"}};
    const auto symbols = symbolize(wanted);
    ASSERT_TRUE(symbols) << symbols.error().to_string();
    ASSERT_FALSE(symbols->frames.at(0).chain.empty()) << symbols->frames.at(0).why;
    EXPECT_EQ(symbols->frames.at(0).chain[0].line, 15);
}

TEST_F(SymbolizerOnDisk, a_tree_that_changes_meanwhile_gives_nothing_and_leaves_nothing) {
    auto wanted = request({call_in("outer", 0)});
    wanted.undisturbed = [asked = 0]() mutable { return ++asked == 1; };
    const auto symbols = symbolize(wanted);
    ASSERT_FALSE(symbols);
    EXPECT_EQ(symbols.error().kind, util::ErrorKind::conflict);
    EXPECT_EQ(symbolize(request({call_in("outer", 0)}))->compiled, 1);
}

TEST_F(SymbolizerOnDisk, what_cannot_be_told_is_said) {
    auto other_size = call_in("outer", 0);
    other_size.size += 1;
    auto beyond = call_in("outer", 0);
    beyond.offset = beyond.size + 8;
    fs::remove(objects() / "lib/.two.o.cmd");
    const auto symbols =
        symbolize(request({{"no_such", 1, 2, false}, other_size, beyond, call_in("second", 0)}));
    ASSERT_TRUE(symbols) << symbols.error().to_string();
    for (const auto& frame : symbols->frames) {
        EXPECT_TRUE(frame.chain.empty());
        EXPECT_FALSE(frame.why.empty());
    }
}

TEST_F(SymbolizerOnDisk, without_the_objects_there_is_an_error) {
    const auto wanted = request({call_in("outer", 0)});
    fs::remove_all(objects());
    const auto symbols = symbolize(wanted);
    ASSERT_FALSE(symbols);
    EXPECT_EQ(symbols.error().kind, util::ErrorKind::not_found);
}

}  // namespace
}  // namespace krepro::build
