// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

namespace krepro::util {

// How much of a busy machine a process gets.
enum class Share {
    background,  // what others leave over
    normal,
};

// The share of one process and all its descendants; may be changed while it runs. Linux weighs
// sessions against each other before it looks at nice values (autogroup), and a sandbox is a
// session of its own: so both are set. Best effort: where a kernel or a user has no right to raise
// a nice value again, the autogroup alone is raised. Shared by who runs the process and who decides
// on its share, on one thread.
class Priority {
  public:
    explicit Priority(Share share) : share_(share) {}

    [[nodiscard]] Share share() const { return share_; }
    // From now on, for what runs and what will run.
    void set(Share share);
    // `process` runs, until detach(). To be called again when it has made sessions of its own.
    void attach(pid_t process);
    void detach() { process_ = -1; }

  private:
    void apply() const;

    Share share_;
    pid_t process_ = -1;
};

}  // namespace krepro::util
