// SPDX-License-Identifier: Apache-2.0
#include "build/local_symbolizer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <thread>

#include "build/build_cache.hpp"
#include "build/symbol_tool.hpp"
#include "build/unit_command.hpp"
#include "util/files.hpp"
#include "util/foreign_folder.hpp"
#include "util/process.hpp"
#include "util/sandbox.hpp"

namespace krepro::build {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using model::Json;
using util::ErrorKind;
using util::fail;
using util::Result;

namespace {

// Part of the folder's name: raise it when the way of making objects changes.
constexpr std::string_view k_lines_recipe = "1";

// Trials have the machine: compilers take what they leave.
constexpr int k_lines_nice = 10;
constexpr std::chrono::seconds k_make_deadline{600};
constexpr std::chrono::seconds k_tool_deadline{60};
constexpr std::size_t k_answer_bytes = 16U << 20U;
constexpr std::size_t k_units_a_frame = 4;  // a place of it: names of headers are in many units

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t k_memory_mib = 0;  // sanitizers reserve terabytes
#else
constexpr std::uint64_t k_memory_mib = 4096;
#endif

Result<void> write_below(const fs::path& folder, const std::string& path,
                         std::string_view content) {
    std::error_code code;
    fs::create_directories((folder / path).parent_path(), code);
    return util::write_file_atomic(folder / path, content);
}

// Relative to the source or to the objects, where generated sources are.
std::string shortened(const std::string& file, const fs::path& source, const fs::path& objects) {
    const auto path = fs::path(file).lexically_normal();
    for (const auto& root : {source, objects}) {
        const auto relative = path.lexically_relative(root);
        if (!relative.empty() && *relative.begin() != "..") return relative.string();
    }
    return path.string();
}

// The answer comes from where foreign binaries are read: it may name nothing outside.
bool is_outside(const std::string& unit) {
    const fs::path path(unit);
    return path.is_absolute() || path.extension() != ".o" ||
           std::find(path.begin(), path.end(), "..") != path.end();
}

// Some units a place, all of them inside the object tree.
void limit_units(FoundFunction& function) {
    for (auto& place : function.places) {
        std::erase_if(place.units, is_outside);
        if (place.units.size() > k_units_a_frame) place.units.resize(k_units_a_frame);
    }
}

}  // namespace

struct LocalSymbolizer::Session {
    SymbolRequest request;
    fs::path folder;  // objects with debug information
    std::vector<FoundFunction> found;
    std::vector<std::string> made;  // units that this session made

    [[nodiscard]] fs::path kept() const { return request.kernel.vmlinux.parent_path(); }
    [[nodiscard]] fs::path objects() const { return request.kernel.objects; }

    // Units that frames need and that are not there, those of the first frames first.
    [[nodiscard]] std::vector<std::string> missing() const {
        std::vector<std::string> units;
        std::set<std::string> seen;
        for (const auto& function : found)
            for (const auto& place : function.places)
                for (const auto& unit : place.units)
                    if (seen.insert(unit).second && !fs::exists(folder / unit))
                        units.push_back(unit);
        return units;
    }

    // Where the source is read as this kernel was built from it: the arm's own files over those of
    // the tree, the generated headers of its build over those of the last one.
    [[nodiscard]] util::SandboxSpec sandbox(const fs::path& arm_files) const {
        util::SandboxSpec sandbox;
        sandbox.read_only = {request.source, objects()};
        sandbox.read_write = {folder};
        for (const auto& [path, content] : request.files)
            if (fs::exists(request.source / path))
                sandbox.overlays.push_back({arm_files / path, request.source / path});
        for (const auto& generated : generated_folders(kept() / "generated"))
            if (util::is_real_folder(objects() / generated))
                sandbox.overlays.push_back(
                    {kept() / "generated" / generated, objects() / generated});
        sandbox.cwd = objects();
        sandbox.limits.file_size_mib = 1024;
        sandbox.limits.processes = 2048;
        sandbox.user = util::SandboxUser::own;
        return sandbox;
    }
};

LocalSymbolizer::LocalSymbolizer(const fs::path& cache, const fs::path& program)
    : cache_(fs::absolute(cache)), program_(fs::absolute(program)) {}

asio::awaitable<Result<Json>> LocalSymbolizer::ask(const Session& session, Json question) {
    util::SandboxSpec sandbox;
    sandbox.read_only = {program_, session.kept(), session.objects(), session.folder};
    sandbox.limits.memory_mib = k_memory_mib;
    util::ProcessSpec spec;
    spec.argv = util::sandbox_argv(sandbox);
    spec.argv.push_back(program_.string());
    spec.argv.emplace_back(k_symbol_tool);
    spec.stdin_bytes = model::dump(question);
    spec.deadline = k_tool_deadline;
    spec.keep_bytes = k_answer_bytes;
    spec.streams = util::Streams::separate;
    spec.nice = k_lines_nice;
    const auto said = co_await util::run_checked(std::move(spec));
    if (!said) co_return tl::unexpected(said.error());
    co_return model::parse_json(*said, "the symbol tool's answer");
}

asio::awaitable<Result<void>> LocalSymbolizer::make_units(Session& session) {
    const auto units = session.missing();
    std::vector<std::string> can_be_made;
    std::vector<std::string> commands;
    std::error_code ignored;
    for (const auto& unit : units) {
        const auto text =
            util::read_foreign_file(session.objects() / command_file(unit), 8U << 20U);
        if (!text) continue;
        auto command = debug_command(*text, unit, session.folder);
        if (!command) continue;
        fs::create_directories((session.folder / unit).parent_path(), ignored);
        can_be_made.push_back(unit);
        commands.push_back(std::move(*command));
    }
    if (can_be_made.empty()) co_return Result<void>{};
    const auto makefile = session.folder / "Makefile";
    auto written =
        util::write_file_atomic(makefile, debug_makefile(can_be_made, commands, session.folder));
    auto scratch = util::TempDir::make(cache_, ".arm");
    if (!scratch) co_return tl::unexpected(scratch.error());
    for (const auto& [path, content] : session.request.files)
        if (written) written = write_below(scratch->path(), path, content);
    if (written) written = util::give_to_sandbox_user(session.folder);
    if (written) written = util::give_to_sandbox_user(scratch->path());
    if (!written) co_return written;
    util::ProcessSpec spec;
    spec.argv = util::sandbox_argv(session.sandbox(scratch->path()));
    const auto jobs = std::max(1U, std::thread::hardware_concurrency());
    for (const auto& word : {std::string("make"), std::string("-k"), fmt::format("-j{}", jobs),
                             "-f" + makefile.string()})
        spec.argv.push_back(word);
    spec.deadline = k_make_deadline;
    spec.nice = k_lines_nice;
    const auto done = co_await util::run_process(spec);
    if (!done) co_return tl::unexpected(done.error());
    if (util::sandbox_was_refused(spec.argv, done->out))
        co_return tl::unexpected(util::process_error(spec, *done));
    // A unit that does not compile is one without lines: its frames say so.
    for (const auto& unit : can_be_made)
        if (fs::exists(session.folder / unit)) session.made.push_back(unit);
    co_return util::write_file_atomic(session.folder / "make.log", done->out);
}

asio::awaitable<Result<Symbols>> LocalSymbolizer::symbolize(SymbolRequest request) {
    if (util::sandboxes() == util::Sandboxes::refused)
        co_return fail(ErrorKind::unavailable,
                       "lines need a sandbox, in which the kernel's own files lie over the tree's",
                       "", "let krepro make user namespaces: see krepro doctor");
    Session session;
    session.folder = cache_ / fmt::format("{}-{}", request.kernel.build.key, k_lines_recipe);
    session.request = std::move(request);
    const auto& wanted = session.request;
    if (!fs::exists(session.objects()))
        co_return fail(ErrorKind::not_found, "the objects of this kernel are no longer there",
                       session.objects().string(), "build it again to get lines");
    std::error_code ignored;
    fs::create_directories(session.folder, ignored);
    const auto lock =
        util::FileLock::take(session.folder.string() + ".lock", util::FileLock::Wait::no);
    if (!lock) co_return tl::unexpected(lock.error());
    fs::last_write_time(session.folder, fs::file_time_type::clock::now(), ignored);  // a use
    const auto was_disturbed = [&wanted] { return wanted.undisturbed && !wanted.undisturbed(); };
    const auto disturbed =
        fail(ErrorKind::conflict, "another job has the tree", wanted.source.string());
    if (was_disturbed()) co_return disturbed;

    const FindRequest find{wanted.kernel.vmlinux.string(), session.objects().string(),
                           wanted.frames};
    const Json find_question{{"find", model::to_json(find)}};
    const auto find_json = co_await ask(session, find_question);
    if (!find_json) co_return tl::unexpected(find_json.error());
    auto found = model::from_json<FindAnswer>(*find_json);
    if (!found) co_return tl::unexpected(found.error());
    session.found = std::move(found->frames);
    for (auto& function : session.found) limit_units(function);

    if (auto made = co_await make_units(session); !made) co_return tl::unexpected(made.error());
    if (was_disturbed()) {
        for (const auto& unit : session.made) fs::remove(session.folder / unit, ignored);
        co_return disturbed;
    }

    const ReadRequest read{wanted.kernel.vmlinux.string(), session.folder.string(), session.found};
    const Json read_question{{"read", model::to_json(read)}};
    const auto read_json = co_await ask(session, read_question);
    if (!read_json) co_return tl::unexpected(read_json.error());
    auto answer = model::from_json<ReadAnswer>(*read_json);
    if (!answer) co_return tl::unexpected(answer.error());
    Symbols symbols{std::move(answer->frames), static_cast<int>(session.made.size())};
    symbols.frames.resize(wanted.frames.size());
    for (auto& frame : symbols.frames)
        for (auto& place : frame.chain)
            for (auto* file : {&place.file, &place.begin_file})
                *file = shortened(*file, wanted.source, session.objects());
    co_return symbols;
}

}  // namespace krepro::build
