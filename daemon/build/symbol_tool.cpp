// SPDX-License-Identifier: Apache-2.0
#include "build/symbol_tool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "build/elf_file.hpp"
#include "build/kernel_image.hpp"
#include "build/unit_command.hpp"
#include "build/unit_lines.hpp"
#include "build/unit_match.hpp"

namespace krepro::build {

namespace fs = std::filesystem;
using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

// Static functions of a header that is much included are in hundreds of units.
constexpr std::size_t k_places_a_frame = 4;

using UnitsByFunction = std::map<std::string, std::vector<std::string>, std::less<>>;

// Programs of the build itself, the boot loader's part: nothing of the running kernel.
bool is_of_the_build(const fs::path& unit) {
    const auto first = unit.begin()->string();
    if (first == "scripts" || first == "tools" || first == "usr") return true;
    if (first == unit) return true;  // vmlinux.o, which holds all the others
    return std::find(unit.begin(), unit.end(), "boot") != unit.end() && first == "arch";
}

// The units of an object tree that define one of the functions.
UnitsByFunction index_units(const fs::path& objects, const std::set<std::string_view>& wanted) {
    UnitsByFunction units;
    std::error_code code;
    for (fs::recursive_directory_iterator it(objects, code), end; !code && it != end;
         it.increment(code)) {
        if (it->path().extension() != ".o") continue;
        const auto unit = it->path().lexically_relative(objects);
        if (is_of_the_build(unit)) continue;
        std::error_code ignored;
        if (!fs::exists(objects / command_file(unit.string()), ignored)) continue;
        const auto object = ElfFile::open(it->path());
        if (!object) continue;
        std::set<std::string_view> seen;
        for (const auto& symbol : object->symbols())
            if (symbol.defined && wanted.contains(symbol.name) && seen.insert(symbol.name).second)
                units[std::string(symbol.name)].push_back(unit.string());
    }
    for (auto& [function, list] : units) std::sort(list.begin(), list.end());
    return units;
}

// Of several units with a local function of this name, those whose source the kernel names.
std::vector<std::string> of_source(std::vector<std::string> units, std::string_view file) {
    const auto stem = fs::path(file).stem();
    const auto is_other = [&](const std::string& unit) { return fs::path(unit).stem() != stem; };
    if (file.empty() || std::all_of(units.begin(), units.end(), is_other)) return units;
    std::erase_if(units, is_other);
    return units;
}

FoundFunction find_function(const KernelImage& kernel, const UnitsByFunction& units,
                            const FrameQuery& query) {
    FoundFunction found;
    found.query = query;
    auto candidates = kernel.functions(query.function);
    const auto has_other_size = [&](const KernelImage::Function& function) {
        return query.size != 0 && function.size != query.size;
    };
    std::erase_if(candidates, has_other_size);
    if (candidates.empty()) {
        found.why = "the kernel has no function of this name and size";
        return found;
    }
    if (candidates.size() > k_places_a_frame) {
        found.why =
            fmt::format("the kernel has {} functions of this name and size", candidates.size());
        return found;
    }
    const auto list = units.find(query.function);
    for (const auto& function : candidates) {
        if (query.offset > function.size) continue;
        auto& place = found.places.emplace_back();
        place.address = function.address;
        if (list != units.end()) place.units = of_source(list->second, function.file);
    }
    if (found.places.empty()) found.why = "the offset is beyond the function";
    return found;
}

// A unit that was made again, opened once for all frames in it.
struct OpenUnit {
    std::optional<ElfFile> elf;
    std::optional<UnitLines> lines;
};

class Reader {
  public:
    Reader(const KernelImage& kernel, fs::path folder)
        : kernel_(kernel), folder_(std::move(folder)) {}

    // Where the function may be one of several, the lines on which all of them agree.
    FrameLines read(const FoundFunction& found) {
        FrameLines lines;
        lines.why = found.why;
        std::set<std::string> spoken;  // a unit has one such function, and speaks for no other
        for (const auto& place : found.places) {
            auto here = read_at(place, found.query);
            if (here.chain.empty()) return here;
            const bool is_new = spoken.insert(here.unit).second;
            if (lines.chain.empty()) {
                lines = std::move(here);
            } else if (!is_new || here.chain != lines.chain) {
                lines.chain.clear();
                lines.why =
                    "the kernel has several functions of this name and size, with other lines";
                return lines;
            }
        }
        return lines;
    }

  private:
    FrameLines read_at(const FunctionPlace& place, const FrameQuery& query) {
        FrameLines lines;
        lines.why = "the unit of this function could not be made again";
        for (const auto& name : place.units) {
            auto& unit = open(name);
            if (!unit.elf) continue;
            lines.unit = name;
            // Anew for each function: a unit may be the kernel's and hold, in a weak function, one
            // of this name that the kernel does not run.
            const auto differs =
                difference_to_kernel(*unit.elf, kernel_, query.function, place.address);
            if (differs) {
                lines.why = fmt::format("{} is not what the kernel runs: {}", name, *differs);
                continue;
            }
            return chain_in(unit, query, std::move(lines));
        }
        return lines;
    }

    OpenUnit& open(const std::string& name) {
        const auto [it, is_new] = units_.try_emplace(name);
        std::error_code ignored;
        if (is_new && fs::exists(folder_ / name, ignored))
            if (auto elf = ElfFile::open(folder_ / name)) it->second.elf = std::move(*elf);
        return it->second;
    }

    FrameLines chain_in(OpenUnit& unit, const FrameQuery& query, FrameLines lines) {
        lines.why.clear();
        if (!unit.lines) {
            auto opened = UnitLines::open(folder_ / lines.unit);
            if (!opened) {
                lines.why = opened.error().to_string();
                return lines;
            }
            unit.lines = std::move(*opened);
        }
        auto place = *find_in_unit(*unit.elf, query.function);
        place.offset += query.offset;
        // The frame names the instruction after the call.
        if (!query.exact && query.offset > 0) --place.offset;
        lines.chain = unit.lines->chain(place, query.function);
        if (lines.chain.empty()) lines.why = "the compiler says no line for this instruction";
        return lines;
    }

    const KernelImage& kernel_;
    fs::path folder_;
    std::map<std::string, OpenUnit> units_;
};

template <class Request, class Work>
Result<std::string> answer(const model::Json& json, Work work) {
    const auto request = model::from_json<Request>(json);
    if (!request) return tl::unexpected(request.error());
    const auto result = work(*request);
    if (!result) return tl::unexpected(result.error());
    return model::dump(model::to_json(*result));
}

}  // namespace

Result<FindAnswer> find_functions(const FindRequest& request) {
    const auto kernel = KernelImage::open(request.vmlinux);
    if (!kernel) return tl::unexpected(kernel.error());
    std::set<std::string_view> wanted;
    for (const auto& frame : request.frames) wanted.insert(frame.function);
    const auto units = index_units(request.objects, wanted);
    FindAnswer found;
    for (const auto& frame : request.frames)
        found.frames.push_back(find_function(*kernel, units, frame));
    return found;
}

Result<ReadAnswer> read_lines(const ReadRequest& request) {
    const auto kernel = KernelImage::open(request.vmlinux);
    if (!kernel) return tl::unexpected(kernel.error());
    Reader reader(*kernel, request.folder);
    ReadAnswer read;
    for (const auto& frame : request.frames) read.frames.push_back(reader.read(frame));
    return read;
}

Result<std::string> run_symbol_tool(std::string_view text) {
    const auto json = model::parse_json(text, "request");
    if (!json) return tl::unexpected(json.error());
    if (json->contains("find")) return answer<FindRequest>((*json)["find"], find_functions);
    if (json->contains("read")) return answer<ReadRequest>((*json)["read"], read_lines);
    return fail(ErrorKind::invalid_input, "neither find nor read", "request");
}

}  // namespace krepro::build
