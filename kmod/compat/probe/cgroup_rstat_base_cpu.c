// SPDX-License-Identifier: GPL-2.0
// A cgroup's counts of CPU time have a struct of their own: 6.16; not in Debian's 6.1
// and 6.12, in 7.2.
#include <linux/cgroup.h>

u64 zc_probe(struct cgroup *cgrp, int cpu);
u64 zc_probe(struct cgroup *cgrp, int cpu)
{
	return per_cpu_ptr(cgrp->rstat_base_cpu, cpu)->bstat.cputime.sum_exec_runtime;
}
