// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "await.hpp"
#include "build/local_builder.hpp"
#include "util/files.hpp"
#include "util/process.hpp"

namespace krepro::build {

namespace fs = std::filesystem;

// A kernel of two units in a git repository, which its makefile builds as kbuild does: in another
// folder, with .cmd files, and with a program of the build's own that makes a header.
class TinyKernel : public testing::Test {
  protected:
    static constexpr const char* k_makefile = R"(ifeq ($(inside),)
allnoconfig olddefconfig:
	@cp $(O)/.krepro-fragment $(O)/.config
bzImage:
	@$(MAKE) --no-print-directory -C $(O) -f $(CURDIR)/Makefile inside=1 S=$(CURDIR) bzImage
else
include $(S)/Units
bzImage: $(units)
	@mkdir -p arch/x86/boot include/config include/generated
	@echo 6.1.0 >include/config/kernel.release
	@cat $(units) >vmlinux
	@cp vmlinux arch/x86/boot/bzImage
$(units): %.o: $(S)/%.c | lib/table.h
	@mkdir -p $(@D)
	@echo "  CC      $@"
	@sh $(S)/scripts/unit.sh $(S) $@ gcc -nostdinc -O2 -I$(S)/include -I./lib -c
lib/table.h: lib/gen
	@./lib/gen >$@
lib/gen: $(S)/lib/gen.c
	@mkdir -p lib
	@sh $(S)/scripts/unit.sh $(S) $@ gcc -O2
-include $(wildcard kernel/.*.cmd)
endif
)";
    // Compiles, and keeps how: source, unit, command.
    static constexpr const char* k_unit = R"sh(source=$1 unit=$2; shift 2
file=$source/${unit%.o}.c
kept=${unit%/*}/.${unit##*/}
"$@" -MMD -MF $kept.d -o $unit $file || exit 1
{
	echo "cmd_$unit := $* -o $unit $file "
	echo; echo "source_$unit := $file"; echo; echo "deps_$unit := \\"
	tr -d '\\' <$kept.d | tr ' ' '\n' | grep -v : | grep / | grep -vx $file | sed 's/.*/  & \\/'
	echo; echo "$unit: \$(deps_$unit)"; echo; echo "\$(deps_$unit):"
} >$kept.cmd
)sh";

    void SetUp() override {
        fs::permissions(root(), fs::perms(0755));  // what is bound must be reachable
        write("profiles/tiny.config", "CONFIG_LOCKDEP=y\n");
        write("profiles/tiny.toml",
              "description = \"tiny\"\nfragments = [\"tiny.config\"]\nguarantees = "
              "[\"LOCKDEP=y\"]\n");
        write("source/Makefile", k_makefile);
        write("source/Units", "units := kernel/a.o kernel/b.o\n");
        write("source/scripts/unit.sh", k_unit);
        write("source/include/box.h", "struct box { int n; };\n");
        write("source/lib/gen.c",
              "#include <stdio.h>\nint main(void) { puts(\"#define TABLE 7\"); return 0; }\n");
        write("source/kernel/a.c", "#include <box.h>\nint a(struct box *b) { return b->n; }\n");
        write("source/kernel/b.c", "#include <table.h>\nint b(void) { return TABLE; }\n");
        git("init -q");
        commit();
    }

    // What is in the source is the tree's own from now on, and no patch.
    void commit() {
        git("add -A && git -c user.name=t -c user.email=t@t commit -q -m state");
        revision_ = git("rev-parse HEAD");
    }

    [[nodiscard]] BuildRequest request() {
        BuildRequest request;
        request.checkout.tree = "tiny";
        request.checkout.source = (root() / "source").string();
        request.checkout.revision = revision_;
        request.checkout.content = git("add -A && git write-tree");
        request.profile = "tiny";
        return request;
    }

    util::Result<BuiltKernel> build() { return build_in("cache"); }

    // The kernel that the same source makes where nothing was built before.
    util::Result<BuiltKernel> build_from_nothing() {
        fs::remove_all(root() / "elsewhere");
        return build_in("elsewhere");
    }

    // Builds, and holds the kernel against one that is made from nothing.
    BuiltKernel build_right() {
        auto built = build();
        const auto anew = build_from_nothing();
        EXPECT_TRUE(built) << built.error().to_string();
        EXPECT_TRUE(anew) << anew.error().to_string();
        if (!built || !anew) return {};
        EXPECT_EQ(built->build.vmlinux, anew->build.vmlinux) << "not the kernel of its source";
        return std::move(*built);
    }

    [[nodiscard]] fs::path objects() const {
        for (const auto& entry : fs::directory_iterator(root() / "cache/obj"))
            if (!entry.path().has_extension()) return entry.path();
        return {};
    }
    [[nodiscard]] fs::path beside_objects(const std::string& ending) const {
        return objects().string() + ending;
    }

    void write(const std::string& name, const std::string& text) const {
        fs::create_directories((root() / name).parent_path());
        std::ofstream(root() / name) << text;
    }
    static void run(const std::string& command) { ASSERT_EQ(std::system(command.c_str()), 0); }
    [[nodiscard]] fs::path root() const { return folder_.path(); }

    double audit_share_ = 0;
    LocalKernelBuilder::Planner planner_ = LocalKernelBuilder::Planner::on;
    std::string revision_;

  private:
    // The last line that it says.
    std::string git(const std::string& arguments) const {
        util::ProcessSpec spec;
        spec.argv = {"sh", "-c", fmt::format("cd {}/source && git {}", root().string(), arguments)};
        auto said = await(util::run_checked(std::move(spec)));
        EXPECT_TRUE(said) << said.error().to_string();
        while (said && said->ends_with('\n')) said->pop_back();
        return said.value_or("");
    }

    util::Result<BuiltKernel> build_in(const char* cache) {
        LocalKernelBuilder builder(root() / "profiles", root() / cache);
        builder.audit_share(audit_share_);
        builder.use(planner_);
        return await(builder.build(request(), {}));
    }

    util::TempDir folder_ =
        util::value_or_throw(util::TempDir::make(fs::temp_directory_path(), "krepro-tiny"));
};

}  // namespace krepro::build
