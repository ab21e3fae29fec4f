// SPDX-License-Identifier: Apache-2.0
extern "C" int left_answer();
extern "C" int kept_answer();

int main(int count, char**) {
    return count > 1 ? left_answer() : kept_answer();
}
