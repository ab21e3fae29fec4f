// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "build/elf_file.hpp"

namespace krepro::build {

// A vmlinux: its functions by name, and its code by address.
class KernelImage {
  public:
    static util::Result<KernelImage> open(const std::filesystem::path& vmlinux);

    struct Function {
        std::uint64_t address = 0;
        // To the next symbol, which is how kallsyms counts what a trace prints.
        std::uint64_t size = 0;
        // The source of a local one, without its folder: "fork.c"; empty when not known.
        std::string_view file;
    };
    // All functions of this name, by address, each address once.
    [[nodiscard]] std::vector<Function> functions(std::string_view name) const;
    // The value of the one global symbol of this name.
    [[nodiscard]] std::optional<std::uint64_t> global(std::string_view name) const;
    // The bytes at an address; nothing when they are not all in one code section.
    [[nodiscard]] std::optional<std::string_view> code(std::uint64_t address,
                                                       std::uint64_t size) const;

  private:
    explicit KernelImage(ElfFile elf) : elf_(std::move(elf)) {}
    void index();

    ElfFile elf_;
    std::multimap<std::string_view, Function> functions_;
    std::map<std::string_view, std::uint64_t> globals_;
    std::vector<std::uint64_t> addresses_;  // of everything named in code, sorted
};

}  // namespace krepro::build
