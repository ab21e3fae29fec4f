// SPDX-License-Identifier: Apache-2.0
#include "build/object_tree.hpp"

#include <unordered_map>

#include "util/files.hpp"

namespace krepro::build {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t k_max_cmd_file = 4U << 20U;

class Reader {
  public:
    Reader(fs::path objects, const fs::path& source)
        : objects_(std::move(objects)), prefix_(source.string() + "/") {}

    void add(const fs::path& command_file) {
        const auto text = util::read_foreign_file(command_file, k_max_cmd_file);
        if (!text) return;
        ObjectTree::Object object;
        // ".fork.o.cmd" of "fork.o"
        const auto name = command_file.filename().string();
        object.unit = (command_file.parent_path() / name.substr(1, name.size() - 5))
                          .lexically_relative(objects_)
                          .string();
        std::error_code code;
        // The build's own programs name their files in a way of their own, and read no header of
        // the kernel's.
        if (object.unit.starts_with("tools/") || object.unit.starts_with("scripts/")) return;
        if (!fs::exists(objects_ / object.unit, code)) return;
        const auto deps = parse_command_deps(*text);
        for (const auto file : deps.files) object.files.push_back(index_of(file));
        for (const auto option : deps.options) object.options.emplace_back(option);
        tree_.objects.push_back(std::move(object));
    }

    ObjectTree take() { return std::move(tree_); }

  private:
    std::uint32_t index_of(std::string_view named) {
        // "arch/x86/entry/vdso/../../../../lib/vdso/gettimeofday.c" is known as the file it is.
        const bool roundabout = named.find("/./") != named.npos || named.find("/../") != named.npos;
        const auto plain = roundabout ? fs::path(named).lexically_normal().string() : std::string();
        std::string_view file = roundabout ? std::string_view(plain) : named;
        const bool inside = file.starts_with(prefix_);
        if (inside) file.remove_prefix(prefix_.size());
        auto key = (inside ? "s" : "o") + std::string(file);
        const auto [at, fresh] =
            indices_.emplace(std::move(key), static_cast<std::uint32_t>(tree_.files.size()));
        if (fresh) {
            tree_.files.emplace_back(file);
            tree_.in_source.push_back(inside);
        }
        return at->second;
    }

    fs::path objects_;
    std::string prefix_;
    ObjectTree tree_;
    std::unordered_map<std::string, std::uint32_t> indices_;
};

}  // namespace

CommandDeps parse_command_deps(std::string_view text) {
    constexpr std::string_view k_option = "$(wildcard ";
    CommandDeps deps;
    bool in_list = false;
    while (!text.empty()) {
        const auto end = text.find('\n');
        auto line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.starts_with("source_")) {
            const auto at = line.find(" := ");
            if (at != std::string_view::npos) deps.files.push_back(line.substr(at + 4));
            continue;
        }
        if (line.starts_with("deps_")) {
            in_list = true;
            continue;
        }
        if (!in_list || !line.starts_with("  ")) {
            in_list = false;
            continue;
        }
        line.remove_prefix(line.find_first_not_of(' '));
        if (line.ends_with(" \\")) line.remove_suffix(2);
        if (line.starts_with(k_option) && line.ends_with(')'))
            deps.options.push_back(line.substr(k_option.size(), line.size() - k_option.size() - 1));
        else if (!line.empty())
            deps.files.push_back(line);
    }
    return deps;
}

ObjectTree read_object_tree(const fs::path& objects, const fs::path& source) {
    Reader reader(objects, source);
    std::error_code code;
    for (fs::recursive_directory_iterator at(objects, code), end; at != end && !code;
         at.increment(code))
        if (at->path().filename().string().ends_with(".o.cmd")) reader.add(at->path());
    return reader.take();
}

}  // namespace krepro::build
