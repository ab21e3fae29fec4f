#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
stress-ng --sched deadline --sched-period 1000000000 --sched-runtime 100000000 --sched-deadline 1000000000 --mmapfork 4 -t 3
