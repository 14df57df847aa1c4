/* SPDX-License-Identifier: GPL-2.0 */
/*
 * settings.c - what the administrator may set, for the whole machine, and is no limit
 */
#ifndef ZC_SETTINGS_H
#define ZC_SETTINGS_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <linux/zcopy_netlink.h>

#define ZC_COPY_SMALL_HELP \
	"longest element that is copied among many, as that is cheaper; 0: none"

#define ZC_REFERENCES_HELP \
	"of which files sockets get pages by reference: all, own (writable ones), never"
#define ZC_REFERENCES_USERNS_HELP \
	"the same for callers in other user namespaces, if that is stricter"

/* X(name, first value, most, help): also a parameter of the module; at least 0 */
#define ZC_SETTINGS(X)							\
	X(copy_small_bytes, 1024, 65536, ZC_COPY_SMALL_HELP)		\
	X(references, ZCOPY_REFERENCES_ALL, ZCOPY_REFERENCES_NEVER,	\
	  ZC_REFERENCES_HELP)						\
	X(references_userns, ZCOPY_REFERENCES_ALL, ZCOPY_REFERENCES_NEVER, \
	  ZC_REFERENCES_USERNS_HELP)

enum zc_setting {
#define X(name, first, most, help) ZC_SETTING_##name,
	ZC_SETTINGS(X)
#undef X
	ZC_SETTING_NR,
};

extern unsigned int zc_settings[ZC_SETTING_NR];

static inline unsigned int zc_setting(enum zc_setting which)
{
	return READ_ONCE(zc_settings[which]);
}

static inline void zc_setting_set(enum zc_setting which, unsigned int value)
{
	WRITE_ONCE(zc_settings[which], value);
}

int zc_settings_find(const char *name);
const char *zc_settings_name(enum zc_setting which);
const char *zc_settings_help(enum zc_setting which);
unsigned int zc_settings_most(enum zc_setting which);
int zc_settings_print(enum zc_setting which, char *buf, size_t room);

#endif /* ZC_SETTINGS_H */
