// SPDX-License-Identifier: Apache-2.0
#include "build/kernel_image.hpp"

#include <algorithm>

namespace krepro::build {

util::Result<KernelImage> KernelImage::open(const std::filesystem::path& vmlinux) {
    auto elf = ElfFile::open(vmlinux);
    if (!elf) return tl::unexpected(elf.error());
    KernelImage image(std::move(*elf));
    image.index();
    return image;
}

void KernelImage::index() {
    std::string_view file;  // local symbols follow the name of their source
    for (const auto& symbol : elf_.symbols()) {
        if (symbol.type == STT_FILE) file = symbol.name;
        if (!symbol.defined || symbol.name.empty() || symbol.type == STT_FILE ||
            symbol.type == STT_SECTION)
            continue;
        const bool local = symbol.binding == STB_LOCAL;
        if (!local) globals_.emplace(symbol.name, symbol.value);
        const auto* section = elf_.section(symbol.section);
        if (section == nullptr || !section->is_code()) continue;
        addresses_.push_back(symbol.value);
        if (symbol.type == STT_FUNC || symbol.type == STT_NOTYPE)
            functions_.emplace(symbol.name, Function{symbol.value, 0, local ? file : ""});
    }
    std::sort(addresses_.begin(), addresses_.end());
}

std::vector<KernelImage::Function> KernelImage::functions(std::string_view name) const {
    std::vector<Function> found;
    const auto [begin, end] = functions_.equal_range(name);
    for (auto it = begin; it != end; ++it) found.push_back(it->second);
    const auto before = [](const Function& a, const Function& b) { return a.address < b.address; };
    const auto same = [](const Function& a, const Function& b) { return a.address == b.address; };
    std::sort(found.begin(), found.end(), before);
    found.erase(std::unique(found.begin(), found.end(), same), found.end());
    for (auto& function : found) {
        const auto next = std::upper_bound(addresses_.begin(), addresses_.end(), function.address);
        if (next != addresses_.end()) function.size = *next - function.address;
    }
    return found;
}

std::optional<std::uint64_t> KernelImage::global(std::string_view name) const {
    const auto found = globals_.find(name);
    if (found == globals_.end()) return std::nullopt;
    return found->second;
}

std::optional<std::string_view> KernelImage::code(std::uint64_t address, std::uint64_t size) const {
    for (const auto& section : elf_.sections()) {
        if (!section.is_code() || address < section.header.sh_addr) continue;
        const auto bytes = elf_.bytes(section);
        const auto offset = address - section.header.sh_addr;
        if (offset <= bytes.size() && size <= bytes.size() - offset)
            return bytes.substr(offset, size);
    }
    return std::nullopt;
}

}  // namespace krepro::build
