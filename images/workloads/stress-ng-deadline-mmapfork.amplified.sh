#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
stress-ng --sched deadline --sched-period 1000000000 --sched-runtime 200000000 --sched-deadline 1000000000 --mmapfork 2 -t 3
