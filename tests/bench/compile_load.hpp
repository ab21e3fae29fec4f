// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace krepro::bench {

// `make -j2` over generated C files, again and again, from the constructor to the destructor: what
// a kernel build does to a machine (processes, processor time, small files).
class CompileLoad {
  public:
    explicit CompileLoad(const std::filesystem::path& folder) {
        std::filesystem::create_directories(folder);
        write_sources(folder);
        pid_ = ::fork();
        if (pid_ == 0) work(folder);
        ::setpgid(pid_, pid_);
    }
    ~CompileLoad() {
        if (pid_ <= 0) return;
        ::kill(-pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    CompileLoad(const CompileLoad&) = delete;
    CompileLoad& operator=(const CompileLoad&) = delete;

  private:
    static constexpr int k_files = 24;
    static constexpr int k_functions = 150;

    static void write_sources(const std::filesystem::path& folder) {
        std::ofstream rules(folder / "Makefile");
        rules << "all:";
        for (int i = 0; i < k_files; ++i) rules << fmt::format(" part{}.o", i);
        rules << "\n%.o: %.c\n\tgcc -O2 -c -o $@ $<\n";
        for (int i = 0; i < k_files; ++i) {
            std::ofstream source(folder / fmt::format("part{}.c", i));
            source << "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n";
            for (int k = 0; k < k_functions; ++k)
                source << fmt::format(
                    "int step_{0}_{1}(int *row, int n) {{\n  int sum = {1};\n"
                    "  for (int i = 0; i < n; i++)\n    for (int k = i; k < n; k += 3)\n"
                    "      sum += row[i] * row[k] ^ (sum >> {2});\n"
                    "  if (sum == {0}) printf(\"%d\\n\", sum);\n  return sum;\n}}\n",
                    i, k, k % 7 + 1);
        }
    }

    [[noreturn]] static void work(const std::filesystem::path& folder) {
        ::setpgid(0, 0);
        if (::chdir(folder.c_str()) != 0) ::_exit(1);
        ::execlp("sh", "sh", "-c", "while make -s -B -j2 all; do :; done >log 2>&1", nullptr);
        ::_exit(127);
    }

    pid_t pid_ = -1;
};

}  // namespace krepro::bench
