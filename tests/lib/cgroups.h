/* SPDX-License-Identifier: GPL-2.0 */
/* Cgroups (version 2) for tests, by their names below the root. */
#ifndef ZCOPY_TESTS_CGROUPS_H
#define ZCOPY_TESTS_CGROUPS_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Mounts them and enables controllers, as in "+cpu +io", for those right below the root, until
 * the test ends; false: this kernel has no such controller.
 */
bool cgroups_open(const char *controllers);
bool cgroup_make(const char *name);
/* Waits until the cgroup, which has no process, can be removed; false: it cannot. */
bool cgroup_remove(const char *name);
/* Writes to a file of the cgroup. */
bool cgroup_put(const char *name, const char *file, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The number behind a word in a file of the cgroup; -1: not there */
long long cgroup_get(const char *name, const char *file, const char *word);

#endif
