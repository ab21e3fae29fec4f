// SPDX-License-Identifier: Apache-2.0
extern "C" int left_answer() {
    return 41;
}
