// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "build/rebuild_plan.hpp"
#include "util/files.hpp"

namespace krepro::build {

namespace fs = std::filesystem;

inline constexpr const char* k_header = R"(#ifndef A_H
#define A_H
struct box { int n; };
typedef int count_t;
enum color { RED, GREEN, BLUE = GREEN + 1 };
enum { NAMELESS };
enum small { TINY } __attribute__((packed));
#define TWICE(x) ((x) * 2)
static inline int put_it(int n)
{
	return n + 1;
}
static inline int keep(int n)
{
	return n;
}
static inline int put_both(int n)
{
	return put_it(n) + put_it(n + 1);
}
#endif
)";

inline std::string changed(const std::string& from, const std::string& to) {
    std::string text = k_header;
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

// A source with one header, and the objects of three files that include it: `puts` names put_it
// and TWICE, `puts_both` names put_both, `keeps` names keep.
class MadeTree {
  public:
    // `assembly`: what the objects are made of.
    explicit MadeTree(const std::string& assembly = "nop", const std::string& options = "")
        : folder_(util::value_or_throw(util::TempDir::make(fs::temp_directory_path(), "plan"))) {
        write(folder_.path() / "object.s", assembly + "\n");
        const auto assemble =
            "as " + options + "-o " + object() + " " + (folder_.path() / "object.s").string();
        EXPECT_EQ(std::system(assemble.c_str()), 0);
        write(source() / "include/a.h", k_header);
        fs::last_write_time(source() / "include/a.h",
                            fs::file_time_type::clock::now() - std::chrono::hours(2));
        configure("CONFIG_SMP=y\n");
        add_unit("puts", "int f(void) { return put_it(TWICE(1)); }\n");
        add_unit("puts_both", "int g(void) { return put_both(1); }\n");
        add_unit("keeps", "int h(void) { return keep(1); } /* not put_it */\n");
        add_unit("colors", "int c(enum color color) { return color < 0; }\n");
    }

    // From here on the object names the header by a way round, as the vDSO does its C files.
    void name_header_roundabout(const std::string& unit) {
        const auto file = objects() / "kernel" / ("." + unit + ".o.cmd");
        auto text = util::value_or_throw(util::read_file(file));
        const auto plain = (source() / "include/a.h").string();
        const auto at = text.find(plain);
        ASSERT_NE(at, std::string::npos);
        write(file,
              text.replace(at, plain.size(), (source() / "arch/x86/../../include/./a.h").string()));
    }

    // The plan for a header that was k_header, or `before`, when the objects were made.
    RebuildPlan plan(const std::string& after, const std::string& before = k_header) const {
        write(source() / "include/a.h", after);
        return plan_rebuild({source(), objects(), {{"include/a.h", before, true, true}}});
    }
    // The same when the last build ended after the header was written.
    RebuildPlan plan_later(const std::string& after) const {
        write(source() / "include/a.h", after);
        return plan_rebuild({source(),
                             objects(),
                             {{"include/a.h", k_header, true, true}},
                             fs::last_write_time(source() / "include/a.h")});
    }
    void configure(const std::string& config) const { write(objects() / ".config", config); }
    // Another file that includes the header.
    void add_unit(const std::string& name, const std::string& code) const {
        const auto file = source() / "kernel" / (name + ".c");
        const auto unit = "kernel/" + name + ".o";
        write(file, "#include <a.h>\n" + code);
        fs::create_directories((objects() / unit).parent_path());
        fs::copy_file(object(), objects() / unit);
        write(objects() / "kernel" / ("." + name + ".o.cmd"),
              "source_" + unit + " := " + file.string() + "\n\ndeps_" + unit + " := \\\n  " +
                  (source() / "include/a.h").string() + " \\\n\n");
        const auto past = fs::file_time_type::clock::now() - std::chrono::hours(1);
        fs::last_write_time(file, past - std::chrono::hours(1));
        fs::last_write_time(objects() / unit, past);
    }
    [[nodiscard]] fs::path source() const { return folder_.path() / "source"; }
    [[nodiscard]] fs::path objects() const { return folder_.path() / "objects"; }
    [[nodiscard]] bool has(const std::string& unit) const { return fs::exists(objects() / unit); }

  private:
    static void write(const fs::path& path, const std::string& text) {
        fs::create_directories(path.parent_path());
        util::value_or_throw(util::write_file_atomic(path, text));
    }

    [[nodiscard]] std::string object() const { return (folder_.path() / "object.o").string(); }

    util::TempDir folder_;
};

}  // namespace krepro::build
