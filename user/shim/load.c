// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Loading and unloading.  A preloaded library stays until the program ends.  A
 * library opened with dlopen(3) may be closed and opened many times, so unloading
 * must leave nothing behind.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "shim.h"

bool shim_off = true;
size_t shim_least = SHIM_LEAST;

/* The library was preloaded: only then is the program's sendfile ours. */
static bool stays;

__attribute__((constructor)) static void load(void)
{
	const char *word = getenv(SHIM_SWITCH_ENV);
	struct shim_status status;
	int saved = errno;

	stays = dlsym(RTLD_DEFAULT, "sendfile") == (void *)shim_sendfile;
	shim_real_init();
	shim_seal_init(&status);
	shim_report_init(&status);
	shim_decide_number(getenv(SHIM_LEAST_ENV), &shim_least);
	shim_off = word && !strcmp(word, "off");
	if (!shim_off && shim_sealed() == SHIM_WHY_NR)
		shim_device_init();
	errno = saved;
}

/*
 * Called by dlclose(3), and by exit(3).  A preloaded library does nothing here: the
 * kernel closes its descriptor, and other threads may still be in a call.  Under a
 * seccomp filter no system call is safe, so the descriptor stays open.
 */
__attribute__((destructor)) static void unload(void)
{
	int saved = errno;

	if (stays || shim_sealed() != SHIM_WHY_NR)
		return;
	shim_device_end();
	shim_report_end();
	errno = saved;
}
