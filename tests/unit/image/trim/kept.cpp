// SPDX-License-Identifier: Apache-2.0
extern "C" int kept_answer() {
    return 42;
}
