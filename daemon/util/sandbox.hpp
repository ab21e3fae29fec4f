// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "util/result.hpp"

namespace krepro::util {

// Limits that hold in the sandbox; 0: none.
struct SandboxLimits {
    std::uint64_t memory_mib = 0;     // address space, of each process
    std::uint64_t file_size_mib = 0;  // the largest file that can be written
    std::uint64_t processes = 0;      // of all together; root's own are not counted: see `user`
    std::uint64_t tmp_mib = 1024;     // /tmp and /dev/shm, each: their files are in memory
};

// Who a sandbox of root's is: not krepro. An id of its own, which no account has.
enum class SandboxUser { caller, own };

// A file or folder that is seen, read-only, in place of another.
struct SandboxOverlay {
    std::filesystem::path from;
    std::filesystem::path over;  // is there already, in a folder that is bound
};

// What of the network a sandbox has.
enum class Network {
    none,
    host,  // all of it, and the machine's names and certificates: for fetching from afar
};

// A room for what is not ours to trust: a kernel's makefiles, git on foreign patches, tools on
// foreign binaries. It sees /usr and what is bound here, under the same paths; it has no network,
// unless it is given one.
struct SandboxSpec {
    std::vector<std::filesystem::path> read_only;
    std::vector<std::filesystem::path> read_write;  // may lie inside a read-only one
    std::vector<SandboxOverlay> overlays;           // laid over what is bound above
    std::filesystem::path cwd;
    std::vector<std::string> env;  // "NAME=value"; PATH and LC_ALL are set when not given
    SandboxLimits limits;
    // `own`, when krepro is root: what is written must belong to that user, and all that is bound
    // must be reachable for everybody. Without root it changes nothing.
    SandboxUser user = SandboxUser::caller;
    Network network = Network::none;
};

// Whether this process makes rooms. `refused`: the machine does not let it, and who owns it has
// said to go on. What would be in a room has its environment, limits and user then, and sees the
// network, and all that its user may read and write; what it leaves behind may go on.
enum class Sandboxes { made, refused };
// Of the whole process: called before the first room is asked for. Rooms are made by default.
void use_sandboxes(Sandboxes sandboxes);
[[nodiscard]] Sandboxes sandboxes();

// The arguments that run a program in that room: put them before its own argv. Needs bubblewrap,
// and util-linux when there are limits or a user of its own. Where rooms are refused there is
// nobody to lay overlays over anything: who needs them must ask first.
std::vector<std::string> sandbox_argv(const SandboxSpec& spec);

// Gives a folder and all in it to the user of root's sandboxes; does nothing when krepro is not
// root. Links are not followed. Call it while nothing runs that could write there.
Result<void> give_to_sandbox_user(const std::filesystem::path& folder);

// The program and its arguments, for people: without the room around them when there is one.
[[nodiscard]] std::string command_words(const std::vector<std::string>& argv);

// Whether this output of a failed sandbox says that the room itself could not be made, so that the
// program in it never ran.
[[nodiscard]] bool sandbox_was_refused(const std::vector<std::string>& argv,
                                       std::string_view output);

}  // namespace krepro::util
