#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
stress-ng --sched deadline --sched-period 1000000000 --sched-runtime 800000000 --sched-deadline 1000000000 --mmapfork 23 -t 20
